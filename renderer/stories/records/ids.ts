/*
 * The files beside this one hold records as the control plane sends them, of an operator who has a routine, an agent, a project
 * and a secret. Each takes what should be different.
 */

const KINDS = {
  company: 1,
  project: 2,
  agent: 3,
  secret: 4,
  routine: 5,
  revision: 6,
  run: 7,
  attempt: 8,
  entry: 9,
  vault: "a",
  trigger: "b",
};

/** The id of the record of a kind with that number; the same number is the same record everywhere. */
export function idOf(kind: keyof typeof KINDS, number = 1): string {
  return `${KINDS[kind]}0000000-0000-4000-8000-${number.toString(16).padStart(12, "0")}`;
}

/** Stands for any SHA-256. */
export const HASH = "8f3c9a2e5b7d104466aa0e91c3d25f7b8f3c9a2e5b7d104466aa0e91c3d25f7b";
