import { open, rename, stat } from "node:fs/promises";
import path from "node:path";
import { systemCode } from "../../contract/refusal.ts";
import { explainFileError, makePrivateDirectory, PRIVATE_FILE } from "../../instance/permissions.ts";

/** A log larger than this is set aside when the server starts; with the one before it, it takes at most about twice that. */
const LARGEST_LOG_BYTES = 5 * 1024 * 1024;
/** What is shown of a log where something failed: the end says why. */
const SHOWN_LINES = 6;
const SHOWN_BYTES = 16 * 1024;

/** The log into which a server writes by itself. */
export interface ServerLog {
  readonly file: string;
  /** For the server's outputs. */
  readonly descriptor: number;
  /** The last lines that were written since this log was opened: what the server itself said. */
  lastLines(): Promise<string[]>;
  close(): Promise<void>;
}

/** Opens `logs/postgres.log` for appending, mode 0600, after setting a large one aside as `postgres.log.1`. */
export async function openServerLog(directory: string): Promise<ServerLog> {
  await makePrivateDirectory(directory);
  const file = path.join(directory, "postgres.log");
  try {
    if ((await sizeOf(file)) > LARGEST_LOG_BYTES) await rename(file, `${file}.1`);
    const handle = await open(file, "a+", PRIVATE_FILE);
    await handle.chmod(PRIVATE_FILE);
    const start = (await handle.stat()).size;
    return {
      file,
      descriptor: handle.fd,
      lastLines: async () => {
        const { size } = await handle.stat();
        const from = Math.max(start, size - SHOWN_BYTES);
        const { buffer, bytesRead } = await handle.read(Buffer.alloc(size - from), 0, size - from, from);
        const lines = buffer.subarray(0, bytesRead).toString("utf8").split("\n");
        return lines.filter((line) => line.trim() !== "").slice(-SHOWN_LINES);
      },
      close: () => handle.close(),
    };
  } catch (error) {
    throw explainFileError(error, `The log ${file} was not opened`);
  }
}

async function sizeOf(file: string): Promise<number> {
  try {
    return (await stat(file)).size;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return 0;
    throw error;
  }
}

/** Whether the lines of a server or of initdb say that the disk is full. */
export function saysDiskFull(text: string): boolean {
  return /No space left on device|Check free disk space|Disk quota exceeded/.test(text);
}
