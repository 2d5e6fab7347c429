/** What of an instance was replaced, for people, such as `database, key and files`; null where it was not noted. */
export function replacedText(parts: readonly string[] | null): string | null {
  if (parts === null || parts.length === 0) return null;
  if (parts.length === 1) return `the ${parts[0]} alone`;
  return `${parts.slice(0, -1).join(", ")} and ${parts.at(-1)}`;
}
