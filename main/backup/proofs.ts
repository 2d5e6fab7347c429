import { stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { type FoundDifferences, foundDifferences, type SchemaDifference } from "../../preload/contract/backups.ts";
import { readIfThere, writePrivateFile } from "../instance/permissions.ts";
import { withFile } from "./archive-reader.ts";
import { refusalFor } from "./damaged.ts";

const FILE = "proofs.json";

/** As many differences are kept with a proof, each name as long at most; of the others the number. */
const MOST_DIFFERENCES = 10;
const LONGEST_NAME = 200;

/** When which file was restored and compared. Size and time of change tell whether it is still that file. */
const proof = z.object({
  name: z.string(),
  bytes: z.int(),
  modifiedMs: z.number(),
  provenAt: z.iso.datetime(),
  /** Left out where there was none. */
  differences: foundDifferences.optional(),
});
const content = z.object({ version: z.literal(1), proofs: z.array(proof) });
type Proof = z.infer<typeof proof>;

/** What is known of a backup by its last proof. */
export interface KnownProof {
  readonly provenAt: string | null;
  readonly provenDifferences: FoundDifferences | null;
}

/** What is known of the backups in a folder, asked for by a file's name. */
export async function readProofs(directory: string): Promise<(name: string) => KnownProof> {
  const found = await Promise.all((await readAll(directory)).map((one) => stillThere(directory, one)));
  const known = new Map(found.flatMap((one) => (one === null ? [] : [[one.name, one]])));
  return (name) => {
    const one = known.get(name);
    return { provenAt: one?.provenAt ?? null, provenDifferences: one?.differences ?? null };
  };
}

/** A file as it was at a moment. */
export interface SeenFile {
  readonly file: string;
  readonly bytes: number;
  readonly modifiedMs: number;
}

/** To be asked before the file is read for its proof: what is changed meanwhile is not proven. Refuses as `readBackup` does. */
export async function seeFile(file: string): Promise<SeenFile> {
  try {
    return await withFile(file, async (handle) => {
      const { size, mtimeMs } = await handle.stat();
      return { file, bytes: size, modifiedMs: mtimeMs };
    });
  } catch (error) {
    throw refusalFor(file, error);
  }
}

/**
 * Notes that a file, as it was seen before, was restored and compared, and forgets proofs of files that are gone. `differences`
 * are those of the schema, or null where nobody looked.
 */
export async function noteProof(
  { file, bytes, modifiedMs }: SeenFile,
  provenAt: Date,
  differences: readonly SchemaDifference[] | null,
): Promise<void> {
  const directory = path.dirname(file);
  const name = path.basename(file);
  const kept = await Promise.all((await readAll(directory)).map((one) => stillThere(directory, one)));
  const proofs = [
    ...kept.filter((one) => one !== null && one.name !== name),
    { name, bytes, modifiedMs, provenAt: provenAt.toISOString(), ...keptOf(differences ?? []) },
  ];
  await writePrivateFile(path.join(directory, FILE), `${JSON.stringify({ version: 1, proofs }, null, 2)}\n`);
}

function keptOf(all: readonly SchemaDifference[]): Pick<Proof, "differences"> {
  if (all.length === 0) return {};
  const cut = (text: string) => (text.length > LONGEST_NAME ? `${text.slice(0, LONGEST_NAME - 1)}…` : text);
  const first = all.slice(0, MOST_DIFFERENCES).map(({ kind, table, name, was }) => {
    return { kind, table: table === null ? null : cut(table), name: cut(name), was };
  });
  return { differences: { count: all.length, first } };
}

/** A file that cannot be read counts as no proof: it is made again by the next one. */
async function readAll(directory: string): Promise<Proof[]> {
  try {
    const text = await readIfThere(path.join(directory, FILE));
    return content.parse(JSON.parse(text ?? "")).proofs;
  } catch {
    return [];
  }
}

async function stillThere(directory: string, one: Proof): Promise<Proof | null> {
  const found = await stat(path.join(directory, one.name)).catch(() => null);
  return found?.size === one.bytes && found.mtimeMs === one.modifiedMs ? one : null;
}
