import { randomUUID } from "node:crypto";
import net from "node:net";
import { setTimeout as delay } from "node:timers/promises";
import { Refusal } from "../contract/refusal.ts";
import { claimAfter, claimFree, readChain, releaseLock, removeLeftovers } from "./lock-chain.ts";
import type { OwnerChain, OwnerRecord } from "./lock-chain.ts";
import type { InstancePaths } from "./paths.ts";
import { makePrivateDirectory } from "./permissions.ts";
import { judgeLife, ownIdentity, type ProcessIdentity } from "./process-identity.ts";
import { isPrivateSocket, makeRuntimeDirectory, removeRuntimeDirectory } from "./runtime-directory.ts";

/** How long an owner that lives but does not answer yet is waited for: it may be starting, or leaving. */
const DEFAULT_WAIT_MS = 10_000;
const POLL_MS = 25;
/** A local socket answers at once or not at all. */
const CONNECT_MS = 1_000;

export type OwnerKind = OwnerRecord["kind"];

/** The instance is this process's until `release`. */
export interface Ownership {
  readonly ownerId: string;
  /** Where the control socket must listen: a connect that succeeds is the proof of life. */
  readonly socketPath: string;
  /** 0700 and short. Removed on release, with everything beside it whose name begins with its own and a hyphen. */
  readonly runtimeDirectory: string;
  release(): Promise<void>;
}

export type Owner =
  | { readonly state: "none" }
  | { readonly state: "live"; readonly socketPath: string; readonly pid: number; readonly kind: OwnerKind }
  | { readonly state: "unjudgeable"; readonly reason: string };

export interface WaitChoice {
  /** Milliseconds that an owner which lives but does not answer is waited for. */
  readonly waitMs?: number;
}

/**
 * Makes this process the owner of an instance, whose directory is made where it is missing. Of several starters exactly
 * one succeeds. Refuses with `instance_owned` where another owns it, and with `instance_unjudgeable` where that cannot be
 * told; both leave everything as it is.
 */
export async function acquireOwnership(
  paths: InstancePaths,
  choice: WaitChoice & { readonly kind: OwnerKind },
): Promise<Ownership> {
  await makePrivateDirectory(paths.root);
  const here = await ownIdentity();
  const runtime = await makeRuntimeDirectory(paths.root, process.env);
  const record: OwnerRecord = {
    version: 1,
    ownerId: randomUUID(),
    kind: choice.kind,
    ...here,
    socketPath: runtime.socketPath,
    runtimeDirectory: runtime.directory,
    startedAt: new Date().toISOString(),
  };
  try {
    await claim(paths.lock, record, here, choice.waitMs ?? DEFAULT_WAIT_MS);
  } catch (error) {
    await removeRuntimeDirectory(runtime.directory);
    throw error;
  }
  return {
    ownerId: record.ownerId,
    socketPath: runtime.socketPath,
    runtimeDirectory: runtime.directory,
    release: async () => {
      await removeRuntimeDirectory(runtime.directory);
      await releaseLock(paths.lock, record.ownerId);
    },
  };
}

async function claim(lock: string, record: OwnerRecord, here: ProcessIdentity, waitMs: number): Promise<void> {
  for (;;) {
    const chain = await settledChain(lock, here, waitMs);
    if (chain.verdict === "none" && (await claimFree(lock, record))) return;
    if (chain.verdict === "dead" && (await claimAfter(lock, chain, record))) {
      await removeLeftovers(lock, here);
      await Promise.all(chain.records.map((former) => removeRuntimeDirectory(former.runtimeDirectory)));
      return;
    }
    refuseOwned(lock, chain);
  }
}

function refuseOwned(lock: string, { verdict, records }: JudgedChain): void {
  const owner = records.at(-1);
  if (!owner || verdict === "none" || verdict === "dead") return;
  const details = { pid: owner.pid, kind: owner.kind, hostname: owner.hostname };
  if (verdict === "live") {
    throw new Refusal("instance_owned", `The instance is already open, in process ${owner.pid} (${owner.kind}).`, {
      next: "Use the one that runs, or end it with `paperclip-desktop stop`.",
      details,
    });
  }
  if (verdict === "silent") {
    throw new Refusal("instance_owned", `The instance was not opened: ${silence(owner)}.`, {
      next: `Wait until process ${owner.pid} has started, or end it. Then try again.`,
      details,
    });
  }
  throw new Refusal(
    "instance_unjudgeable",
    `The instance was not opened: it may have an owner that cannot be reached from here: ${verdict.unjudgeable}.`,
    { next: `Stop that owner. If it is certainly gone, remove ${lock}.`, details },
  );
}

function silence(owner: OwnerRecord): string {
  return `process ${owner.pid} (${owner.kind}) holds it, but does not answer on its control socket`;
}

/**
 * Who owns an instance. `live` means that its control socket answered; an owner that is starting is waited for. One that
 * lives but stays silent is `unjudgeable`: it can neither be used nor be replaced.
 */
export async function findOwner(paths: InstancePaths, choice: WaitChoice = {}): Promise<Owner> {
  const { verdict, records } = await settledChain(paths.lock, await ownIdentity(), choice.waitMs ?? DEFAULT_WAIT_MS);
  const owner = records.at(-1);
  if (!owner || verdict === "none" || verdict === "dead") return { state: "none" };
  if (verdict === "live") return { state: "live", socketPath: owner.socketPath, pid: owner.pid, kind: owner.kind };
  return { state: "unjudgeable", reason: verdict === "silent" ? silence(owner) : verdict.unjudgeable };
}

/** `silent`: the process lives, and its socket does not answer: it is starting, leaving or stuck. */
type Verdict = "none" | "live" | "dead" | "silent" | { readonly unjudgeable: string };

type JudgedChain = OwnerChain & { readonly verdict: Verdict };

async function settledChain(lock: string, here: ProcessIdentity, waitMs: number): Promise<JudgedChain> {
  const deadline = performance.now() + waitMs;
  for (;;) {
    const chain = await readChain(lock);
    const verdict = await judge(chain, here);
    if (verdict !== "silent" || performance.now() >= deadline) return { ...chain, verdict };
    await delay(POLL_MS);
  }
}

async function judge({ records, uid }: OwnerChain, here: ProcessIdentity): Promise<Verdict> {
  const owner = records.at(-1);
  if (!owner) return "none";
  if ((await isPrivateSocket(owner.socketPath, uid)) && (await answers(owner.socketPath))) return "live";
  const life = await judgeLife(owner, here);
  return life === "alive" ? "silent" : life;
}

function answers(socketPath: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = net.connect(socketPath);
    const end = (answer: boolean) => {
      socket.destroy();
      resolve(answer);
    };
    socket.setTimeout(CONNECT_MS, () => end(false));
    socket.once("connect", () => end(true));
    socket.once("error", () => end(false));
  });
}
