import { rm } from "node:fs/promises";
import path from "node:path";
import { clearScratch } from "../database/embedded/scratch.ts";
import type { Log } from "../instance/log.ts";
import type { InstancePaths } from "../instance/paths.ts";

/** Where proofs are made, in the folder of the instance. */
export interface ProofPlaces {
  /** Holds the PostgreSQL that a backup is restored into. */
  readonly scratch: string;
  /** Holds the database of a full backup, decrypted. */
  readonly unpacked: string;
}

export function proofPlaces({ root }: Pick<InstancePaths, "root">): ProofPlaces {
  return { scratch: path.join(root, "scratch"), unpacked: path.join(root, "scratch-full") };
}

/** Ends and removes what a killed proof left. Nobody proves anything meanwhile. */
export async function clearProofs({ scratch, unpacked }: ProofPlaces, log: Log): Promise<void> {
  await rm(unpacked, { recursive: true, force: true });
  await clearScratch(scratch, log);
}
