/** The id in a text that an operator wrote, in the database's spelling, or null where it is none. */
export function asId(text: string): string | null {
  return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(text) ? text.toLowerCase() : null;
}
