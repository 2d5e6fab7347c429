import { chmod, readdir, rm } from "node:fs/promises";
import path from "node:path";
import { PRIVATE_DIRECTORY } from "./permissions.ts";
import type { Log } from "./log.ts";

/**
 * Removes what nobody needs any more, with all in it, also where a directory in it may not be changed, as some tools leave
 * theirs. What cannot be removed all the same is logged and stays: nothing that is opened or restored depends on it.
 */
export async function removeTree(entry: string, log: Log): Promise<void> {
  const remove = () => rm(entry, { recursive: true, force: true });
  try {
    await remove().catch(async () => {
      await letChange(entry);
      await remove();
    });
  } catch (error) {
    log.warn({ entry, error }, "what nobody needs any more could not be removed, and stays");
  }
}

async function letChange(directory: string): Promise<void> {
  await chmod(directory, PRIVATE_DIRECTORY);
  const entries = await readdir(directory, { withFileTypes: true });
  for (const found of entries) if (found.isDirectory()) await letChange(path.join(directory, found.name));
}
