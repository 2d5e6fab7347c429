/** What the operator can do now. Commands stand between backticks in the text, and in a monospace on the page. */
export function NextStep({ text }: { readonly text: string }) {
  const parts = text.split("`").map((part, index) => ({ part, command: index % 2 === 1, place: `${index} ${part}` }));
  return <>{parts.map(({ part, command, place }) => (command ? <code key={place}>{part}</code> : part))}</>;
}
