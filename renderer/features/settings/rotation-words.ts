import { counted } from "../secrets/secret-words.ts";

/** How far a rotation is, in versions; `left` shrinks while `done` grows. */
export function progressText(done: number, left: number): string {
  const all = done + left;
  return `${done.toLocaleString("en")} of ${counted(all, "version")} ${all === 1 ? "is" : "are"} wrapped anew`;
}

/** Why, of a refusal that says first what did not happen: "The key was not rotated: it comes from …". */
export function reasonOf(message: string): string {
  const reason = message.slice(message.indexOf(": ") + 1).trim();
  return reason.charAt(0).toUpperCase() + reason.slice(1);
}
