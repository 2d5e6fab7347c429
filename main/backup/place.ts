import { stat } from "node:fs/promises";
import path from "node:path";
import { Refusal, systemCode } from "../contract/refusal.ts";

/**
 * Refuses a folder of the operator's choice whose folder above is not there: the disk that it is on may not be mounted, and what is
 * made in its place lies on another one. Of such a folder the last part alone is made.
 */
export async function refuseUnreachable(directory: string): Promise<void> {
  const above = path.dirname(directory);
  const isGone = await stat(above).then(
    () => false,
    // Whatever else is wrong with it is told where the folder is made.
    (error: unknown) => systemCode(error) === "ENOENT",
  );
  if (!isGone) return;
  throw new Refusal("invalid_input", `Nothing was backed up: ${above} is not there, so ${directory} was not made.`, {
    next: `Mount the disk that it is on, or make ${above} first.`,
    fields: { directory: "lies in a folder that is not there" },
  });
}
