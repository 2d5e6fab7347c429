import os from "node:os";
import { and, eq, gt, lt, ne, or, sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { owners } from "../database/schema/runs.ts";
import type { InstancePaths } from "../instance/paths.ts";

/** A process that claims runs. */
export interface Owner {
  readonly id: string;
  readonly kind: "window" | "serve" | "command";
}

/** How often an owner says that it is there. */
export const SEEN_INTERVAL_MS = 15_000;

/** An owner of another machine that has said nothing for so long is dead. */
export const OWNER_LEASE_MS = 60_000;

/** Enters this process as an owner, or says again that it is there. */
export async function registerOwner(executor: Executor, owner: Owner, paths: InstancePaths, now: Date): Promise<void> {
  await executor
    .insert(owners)
    .values({
      id: owner.id,
      kind: owner.kind,
      instanceId: paths.id,
      instanceRoot: paths.root,
      hostname: os.hostname(),
      pid: process.pid,
      startedAt: now,
      seenAt: now,
    })
    .onConflictDoUpdate({ target: owners.id, set: { seenAt: now } });
}

const withoutRuns = sql`not exists (
  select 1 from routine_runs where claimed_by = ${owners.id} and status = 'running')`;

/** Takes an owner out that has ended all its runs. */
export async function removeOwner(executor: Executor, ownerId: string): Promise<void> {
  await executor.delete(owners).where(and(eq(owners.id, ownerId), withoutRuns));
}

/** Takes out earlier owners of this instance and those not seen since `leaseStart`, once nothing is left of their runs. */
export async function removeDeadOwners(
  executor: Executor,
  ownerId: string,
  paths: InstancePaths,
  leaseStart: Date,
): Promise<void> {
  const ofThisInstance = and(eq(owners.instanceRoot, paths.root), eq(owners.hostname, os.hostname()));
  await executor
    .delete(owners)
    .where(and(ne(owners.id, ownerId), or(ofThisInstance, lt(owners.seenAt, leaseStart)), withoutRuns));
}

/** Owners of other instances that schedule and execute on the same database, as an operator would look for them. */
export async function ownersElsewhere(executor: Executor, paths: InstancePaths, now: Date): Promise<string[]> {
  const rows = await executor
    .select({ pid: owners.pid, hostname: owners.hostname, instanceRoot: owners.instanceRoot })
    .from(owners)
    .where(
      and(
        ne(owners.kind, "command"),
        gt(owners.seenAt, new Date(now.getTime() - OWNER_LEASE_MS)),
        or(ne(owners.instanceRoot, paths.root), ne(owners.hostname, os.hostname())),
      ),
    );
  return rows.map(({ pid, hostname, instanceRoot }) => `process ${pid} on ${hostname} (${instanceRoot})`);
}
