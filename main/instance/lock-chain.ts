import { link, readdir, rename, rm, stat } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import { Refusal, systemCode } from "../contract/refusal.ts";
import { explainFileError, flushDirectory, readIfThere, writeNew } from "./permissions.ts";
import { judgeLife, type ProcessIdentity } from "./process-identity.ts";

/*
 * How one of several starters becomes the owner, also over a lock that a dead owner left.
 *
 * `owner.lock` names the owner. To take over from a dead owner X, a starter links its own record to
 * `owner.lock.after-X`: a name that exists once, so that only one can have it. Whoever has it is the only one who may
 * replace `owner.lock`. Should it die before it has, its own successor links `owner.lock.after-<it>`, and so on: the
 * owner is the end of that chain. A slow starter that judged X long ago finds `owner.lock` changed after it has linked,
 * and gives up its claim: ids are random and never come back.
 */

const ownerRecord = z.object({
  version: z.literal(1),
  ownerId: z.uuid(),
  kind: z.enum(["window", "serve", "command"]),
  pid: z.int().positive(),
  startTime: z.string().nullable(),
  bootId: z.string().nullable(),
  pidNamespace: z.string().nullable(),
  hostname: z.string(),
  socketPath: z.string(),
  runtimeDirectory: z.string(),
  startedAt: z.iso.datetime(),
});
/** What the lock says of an owner. */
export type OwnerRecord = z.infer<typeof ownerRecord>;

export interface OwnerChain {
  /** From `owner.lock` to the last who claimed it; that one is the owner. Empty where nobody owns the instance. */
  readonly records: readonly OwnerRecord[];
  /** The user who owns the lock file. */
  readonly uid: number;
}

/** Reads who owns an instance. Refuses with `instance_unjudgeable` where the lock says nothing that can be read. */
export async function readChain(lock: string): Promise<OwnerChain> {
  const first = await readRecord(lock);
  if (!first) return { records: [], uid: 0 };
  const records = [first];
  for (let next = await readRecord(after(lock, first)); next; next = await readRecord(after(lock, next))) {
    records.push(next);
  }
  try {
    return { records, uid: (await stat(lock)).uid };
  } catch (error) {
    if (systemCode(error) === "ENOENT") return readChain(lock);
    throw error;
  }
}

async function readRecord(file: string): Promise<OwnerRecord | null> {
  const text = await readIfThere(file);
  if (text === null) return null;
  const parsed = ownerRecord.safeParse(parseJson(text));
  if (parsed.success) return parsed.data;
  throw new Refusal("instance_unjudgeable", `The instance was not opened: its lock ${file} cannot be read.`, {
    next: "Make sure that no app runs on this instance, on any machine. Then remove that file.",
  });
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function after(lock: string, record: OwnerRecord): string {
  return `${lock}.after-${record.ownerId}`;
}

function candidateFile(lock: string, record: OwnerRecord): string {
  return `${lock}.candidate-${record.ownerId}`;
}

/** Tries to become the owner where nobody is. Exactly one of several starters gets `true`. */
export async function claimFree(lock: string, record: OwnerRecord): Promise<boolean> {
  return withCandidate(lock, record, async (candidate) => {
    const won = await linkNew(candidate, lock);
    if (won) await flushDirectory(path.dirname(lock));
    return won;
  });
}

/** Tries to become the owner after the dead end of a chain. Exactly one of several starters gets `true`. */
export async function claimAfter(lock: string, chain: OwnerChain, record: OwnerRecord): Promise<boolean> {
  const tail = chain.records.at(-1);
  if (!tail) return claimFree(lock, record);
  return withCandidate(lock, record, async (candidate) => {
    const claim = after(lock, tail);
    if (!(await linkNew(candidate, claim))) return false;
    const expected = [...chain.records, record].map((entry) => entry.ownerId);
    const found = (await readChain(lock)).records.map((entry) => entry.ownerId);
    if (found.join() !== expected.join()) {
      await rm(claim, { force: true });
      return false;
    }
    await rename(candidate, lock);
    await flushDirectory(path.dirname(lock));
    return true;
  });
}

async function withCandidate(
  lock: string,
  record: OwnerRecord,
  work: (candidate: string) => Promise<boolean>,
): Promise<boolean> {
  const candidate = candidateFile(lock, record);
  try {
    await writeNew(candidate, `${JSON.stringify(record, null, 2)}\n`);
    return await work(candidate);
  } catch (error) {
    throw explainFileError(error, `The lock ${lock} was not taken`);
  } finally {
    await rm(candidate, { force: true });
  }
}

async function linkNew(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (systemCode(error) === "EEXIST") return false;
    throw error;
  }
}

/** Removes what dead starters left beside the lock. Only the owner may call it: nobody can have a valid claim then. */
export async function removeLeftovers(lock: string, here: ProcessIdentity): Promise<void> {
  const directory = path.dirname(lock);
  const names = (await readdir(directory)).map((name) => path.join(directory, name));
  await Promise.all(
    names.map(async (file) => {
      if (file.startsWith(`${lock}.after-`)) return rm(file, { force: true });
      if (!file.startsWith(`${lock}.candidate-`)) return;
      const record = await readRecord(file).catch(() => null);
      // One that is being written cannot be read yet. Its writer removes it.
      if (record && (await judgeLife(record, here)) === "dead") await rm(file, { force: true });
    }),
  );
}

/** Gives the instance up, if it is still this owner's. */
export async function releaseLock(lock: string, ownerId: string): Promise<void> {
  const record = await readRecord(lock).catch(() => null);
  if (record?.ownerId !== ownerId) return;
  await rm(lock, { force: true });
  await flushDirectory(path.dirname(lock));
}
