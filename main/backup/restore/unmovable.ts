import { lstat, stat } from "node:fs/promises";
import path from "node:path";
import { Refusal, systemCode } from "../../contract/refusal.ts";
import { explainFileError } from "../../instance/permissions.ts";
import { isThere } from "./places.ts";

/**
 * Refuses a place that cannot change places with what waits in the folder `waiting`, which would be found out after the rows are
 * there: one that is a mount of its own, lies on another disk, or behind a link that leads nowhere.
 */
export async function refuseUnmovable(place: string, waiting: string): Promise<void> {
  try {
    const above = await nearestAbove(place);
    const disk = await diskOf(above);
    if (disk !== (await diskOf(waiting))) {
      throw unmovable(`${above} is on another disk than ${waiting}, and nothing can be renamed between the two`, {
        next: "Have both on one disk: a link or a mount on the way to one of them leads to another. Then start again.",
      });
    }
    if (!(await isThere(place)) || (await lstat(place)).dev === disk) return;
    throw unmovable(`${place} is a mount of its own, which cannot be renamed`, {
      next: `Mount the directory above it (${path.dirname(place)}) instead, and start again.`,
    });
  } catch (error) {
    throw explainFileError(error, `Nothing was restored: nothing can be put in place at ${place}`);
  }
}

/** The nearest directory above it that is there; what is missing in between is made beside it. */
async function nearestAbove(place: string): Promise<string> {
  const above = path.dirname(place);
  return (await isThere(above)) ? above : nearestAbove(above);
}

async function diskOf(directory: string): Promise<number> {
  try {
    return (await stat(directory)).dev;
  } catch (error) {
    if (systemCode(error) !== "ENOENT") throw error;
    throw unmovable(`${directory} leads to a place that is gone`, {
      next: "Bring that place back, such as a disk that is not mounted, or remove the link.",
    });
  }
}

function unmovable(why: string, { next }: { readonly next: string }): Refusal {
  return new Refusal("database_unavailable", `Nothing was restored: ${why}.`, { next });
}
