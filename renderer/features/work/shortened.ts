/** The beginning of a text, with how long it is where that is not all of it. */
export function shortened(text: string, length: number): string {
  return text.length <= length ? text : `${text.slice(0, length)} … (${text.length} characters)`;
}
