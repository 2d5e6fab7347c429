import { createWriteStream } from "node:fs";
import { chmod, mkdir, open, utimes } from "node:fs/promises";
import path from "node:path";
import { pipeline } from "node:stream/promises";
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from "../../instance/permissions.ts";
import type { StreamedContent } from "../archive-reader.ts";
import { refuseWithoutSpace } from "../space.ts";

/** Writes an entry of an archive to a place where nothing is yet, durably. Refuses with `disk_full`. */
export async function put(file: string, { bytes, content, executable, modifiedAt }: StreamedContent): Promise<void> {
  await mkdir(path.dirname(file), { recursive: true, mode: PRIVATE_DIRECTORY });
  await refuseWithoutSpace(path.dirname(file), bytes, "The backup was not opened");
  const mode = executable ? PRIVATE_DIRECTORY : PRIVATE_FILE;
  await pipeline(content, createWriteStream(file, { flags: "wx", mode }));
  await chmod(file, mode);
  if (modifiedAt !== null) await utimes(file, modifiedAt, modifiedAt);
  const handle = await open(file, "r");
  await handle.sync().finally(() => handle.close());
}
