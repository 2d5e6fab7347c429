import { open, rm } from "node:fs/promises";
import path from "node:path";
import { asRefusal, errorText, Refusal, systemCode } from "../../contract/refusal.ts";
import { explainFileError, flushDirectory, PRIVATE_FILE } from "../../instance/permissions.ts";

/** Bytes that are taken on the disk before there is something to write. */
const RESERVED_BYTES = 1_024;

/** A new file that belongs to this user alone and has room for what is about to be made. */
export interface ReservedFile {
  /** Writes the text, durably, and closes the file. Refuses where that fails; then the file is gone again. */
  fill(text: string): Promise<void>;
  /** Closes and removes the file. */
  discard(): Promise<void>;
}

/**
 * Makes a file, mode 0600, for a text of up to 1 KiB that cannot be had a second time: whatever could keep it from being
 * written is found before it is made. Refuses where the file is there already or cannot be made.
 */
export async function reserveFile(file: string): Promise<ReservedFile> {
  const handle = await open(file, "wx", PRIVATE_FILE).catch((error: unknown) => {
    throw notMade(file, error);
  });
  const discard = async () => {
    await handle.close().catch(() => undefined);
    await rm(file, { force: true });
  };
  try {
    // The umask may have taken more than it should.
    await handle.chmod(PRIVATE_FILE);
    await handle.write("#".repeat(RESERVED_BYTES), 0);
    await handle.sync();
    await flushDirectory(path.dirname(path.resolve(file)));
  } catch (error) {
    await discard();
    throw notMade(file, error);
  }
  return {
    discard,
    fill: async (text) => {
      try {
        const { bytesWritten } = await handle.write(text, 0);
        await handle.truncate(bytesWritten);
        await handle.sync();
        await handle.close();
      } catch (error) {
        await discard();
        throw notMade(file, error);
      }
    },
  };
}

function notMade(file: string, error: unknown): Refusal {
  const code = systemCode(error);
  const refused = (why: string, next: string) =>
    new Refusal("invalid_input", `${file} was not written: ${why}.`, { next, fields: { out: why } }, error);
  if (code === "EEXIST") return refused("it is there already", "Name a file that is not there yet.");
  if (code === "ENOENT" || code === "ENOTDIR") return refused("its folder is not there", "Make the folder first.");
  const explained = asRefusal(explainFileError(error, `${file} was not written`));
  if (explained?.code === "disk_full") return explained;
  return refused(code ?? errorText(error), "Name another file.");
}
