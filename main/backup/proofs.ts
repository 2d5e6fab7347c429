import { stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { readIfThere, writePrivateFile } from "../instance/permissions.ts";

const FILE = "proofs.json";

/** When which file was restored and compared. Size and time of change tell whether it is still that file. */
const proof = z.strictObject({
  name: z.string(),
  bytes: z.int(),
  modifiedMs: z.number(),
  provenAt: z.iso.datetime(),
});
const content = z.strictObject({ version: z.literal(1), proofs: z.array(proof) });
type Proof = z.infer<typeof proof>;

/** What is known of the backups in a folder: from a file's name to the instant of its last proof. */
export async function readProofs(directory: string): Promise<ReadonlyMap<string, string>> {
  const found = await Promise.all((await readAll(directory)).map((one) => stillThere(directory, one)));
  return new Map(found.flatMap((one) => (one === null ? [] : [[one.name, one.provenAt]])));
}

/** Notes a proof, and forgets those of files that are gone. */
export async function noteProof(file: string, provenAt: Date): Promise<void> {
  const directory = path.dirname(file);
  const { size, mtimeMs } = await stat(file);
  const name = path.basename(file);
  const kept = await Promise.all((await readAll(directory)).map((one) => stillThere(directory, one)));
  const proofs = [
    ...kept.filter((one) => one !== null && one.name !== name),
    { name, bytes: size, modifiedMs: mtimeMs, provenAt: provenAt.toISOString() },
  ];
  await writePrivateFile(path.join(directory, FILE), `${JSON.stringify({ version: 1, proofs }, null, 2)}\n`);
}

/** A file that cannot be read counts as no proof: it is made again by the next one. */
async function readAll(directory: string): Promise<Proof[]> {
  const text = await readIfThere(path.join(directory, FILE));
  try {
    return content.parse(JSON.parse(text ?? "")).proofs;
  } catch {
    return [];
  }
}

async function stillThere(directory: string, one: Proof): Promise<Proof | null> {
  const found = await stat(path.join(directory, one.name)).catch(() => null);
  return found?.size === one.bytes && found.mtimeMs === one.modifiedMs ? one : null;
}
