import type { IncomingHttpHeaders } from "node:http";
import { eq } from "drizzle-orm";
import { type ErrorCode, errorClasses } from "../../../preload/contract/errors.ts";
import type { VariableValues } from "../../../preload/contract/routines.ts";
import type { DeliveryOutcome } from "../../../preload/contract/webhooks.ts";
import { asRefusal } from "../../contract/refusal.ts";
import { announce } from "../../database/changes.ts";
import type { Executor } from "../../database/database.ts";
import { routines, routineTriggers } from "../../database/schema/routines.ts";
import { webhookNonces } from "../../database/schema/webhooks.ts";
import type { Json } from "../../database/schema/work.ts";
import { readHold } from "../../runs/hold.ts";
import { resolveReferences } from "../../secrets/resolution.ts";
import type { Vault } from "../../secrets/vault.ts";
import { decide, type Dispatched, type DispatchServices } from "../dispatch.ts";
import { lockRoutine } from "../lookup.ts";
import { readPause } from "../scheduler/pause.ts";
import { requireStorable } from "../storable.ts";
import type { TriggerRow } from "../trigger-clock.ts";
import { resolveValues } from "../variables.ts";
import { writeDelivery } from "./delivery-log.ts";
import { readPayload, variablesOf, withoutTexts } from "./payload.ts";
import { readProof } from "./proof.ts";
import { signingPath } from "./signing-secret.ts";

/** How far the timestamps of signed deliveries may be from now at most, so that no change of a window lets one count twice. */
const LONGEST_WINDOW_MS = 86_400_000;
const LONGEST_KEY = 255;

export type ReceiveServices = DispatchServices & { readonly vault: Vault };

/** A delivery as it came. */
export interface Received {
  readonly publicId: string;
  readonly headers: IncomingHttpHeaders;
  /** Null where it was too large to be read. */
  readonly body: Buffer | null;
  readonly bodyBytes: number;
  readonly sourceAddress: string | null;
  /** Says what would happen, and starts nothing. */
  readonly test: boolean;
}

/** What is answered. The sender of a bad proof does not learn what of it is wrong; `reason` is for the operator. */
export interface Verdict {
  readonly status: number;
  readonly outcome: DeliveryOutcome;
  readonly code: string | null;
  readonly reason: string;
  readonly run: Pick<Dispatched, "runId" | "status"> | null;
  readonly variables: VariableValues;
}

/**
 * Judges a delivery and starts the run it asks for. Its row in the log, its run and the note that it was taken are one
 * transaction: killed before the commit nothing has happened, and killed after it the sender who tries again is told so. Null
 * where nothing is known by that address; that alone leaves no row.
 */
export async function receive(services: ReceiveServices, received: Received): Promise<Verdict | null> {
  const { orm } = services.database;
  const [found] = await orm
    .select({ trigger: routineTriggers, routineStatus: routines.status })
    .from(routineTriggers)
    .innerJoin(routines, eq(routines.id, routineTriggers.routineId))
    .where(eq(routineTriggers.publicId, received.publicId));
  if (found?.trigger.kind !== "webhook") return null;
  const { trigger } = found;
  const now = services.clock.now();
  const early = judgeState(trigger, found.routineStatus) ?? judgeSize(received) ?? (await judgeStandstill(orm));
  const judged = early ?? (await judgeProof(services, trigger, received, now));
  if ("outcome" in judged) {
    await log(orm, trigger, received, { now, verdict: judged, previousKey: false });
    return judged;
  }
  return start(services, trigger, received, { ...judged, now });
}

function judgeState(trigger: TriggerRow, routineStatus: string): Verdict | null {
  if (!trigger.enabled) return refused(409, "trigger_disabled", "The trigger is disabled.");
  if (routineStatus === "active") return null;
  return refused(409, `routine_${routineStatus}`, `The routine is ${routineStatus}.`);
}

/**
 * Nothing starts by itself in a restored database before its release, nor while schedules and webhooks are paused: a delivery
 * is refused as a paused trigger has no slots, and a sender who tries again later is heard.
 */
async function judgeStandstill(executor: Executor): Promise<Verdict | null> {
  if (await readHold(executor)) {
    return refused(503, "restore_held", "Nothing is started until what was restored is released.");
  }
  if (await readPause(executor)) {
    return refused(503, "all_paused", "Schedules and webhooks are paused: nothing is started until they are resumed.");
  }
  return null;
}

function judgeSize({ body, bodyBytes }: Received): Verdict | null {
  return body === null
    ? refused(413, "body_too_large", `The body is larger than is taken (${bodyBytes} bytes).`)
    : null;
}

/** A delivery whose proof holds. */
interface Proven {
  readonly previousKey: boolean;
  /** Texts that are not stored. */
  readonly signingKeys: readonly string[];
  readonly once: { readonly digest: string; readonly at: Date } | null;
}

async function judgeProof(
  services: ReceiveServices,
  trigger: TriggerRow,
  received: Received,
  now: Date,
): Promise<Proven | Verdict> {
  const proof = readProof(trigger.signingMode ?? "bearer", {
    headers: received.headers,
    body: received.body ?? Buffer.alloc(0),
    now,
    replayWindowSeconds: trigger.replayWindowSeconds ?? 0,
  });
  if (proof.kind === "unneeded") return { previousKey: false, signingKeys: [], once: null };
  if (proof.kind === "refused") return refused(401, proof.code, proof.why);
  const keys = await signingKeysOf(services, trigger, now);
  if ("refusal" in keys) {
    const why = `Its proof could not be checked: the signing key was not released (${keys.refusal}).`;
    return refused(503, keys.refusal, why);
  }
  const { current, previous } = keys;
  // Both are tried, whatever the first one says.
  const matches = [current, previous].map((key) => key !== null && proof.madeWith(key));
  if (!matches.includes(true)) return refused(401, "proof_wrong", "Its proof was not made with the signing key.");
  const signingKeys = [current, previous].filter((key) => key !== null);
  return { previousKey: matches[0] !== true, signingKeys, once: proof.once };
}

/** The signing keys that are taken now, read from the vault with an access event for each. */
export async function signingKeysOf(
  services: Pick<ReceiveServices, "database" | "vault">,
  trigger: TriggerRow,
  now: Date,
): Promise<{ readonly refusal: ErrorCode } | { readonly current: string; readonly previous: string | null }> {
  const { secretId, previousSecretVersion, previousSecretUntil } = trigger;
  if (secretId === null) return { refusal: "secret_missing" };
  const both = previousSecretVersion !== null && previousSecretUntil !== null && previousSecretUntil > now;
  const [current, previous] = await resolveReferences(
    services.database,
    services.vault,
    {
      companyId: trigger.companyId,
      actor: { type: "system", id: "webhook" },
      runId: null,
      heartbeatRunId: null,
      sheetId: null,
    },
    (both ? ["latest" as const, previousSecretVersion] : ["latest" as const]).map((version) => ({
      key: "signing key",
      layer: "routine",
      consumerType: "routine",
      consumerId: trigger.routineId,
      configPath: signingPath(secretId),
      secretId,
      version,
    })),
  );
  if (!current?.ok) return { refusal: current?.code ?? "secret_missing" };
  return { current: current.value, previous: previous?.ok ? previous.value : null };
}

type Starting = Proven & { readonly now: Date };

/** Starts what a proven delivery asks for, and writes it down, whatever it comes to. */
async function start(
  services: ReceiveServices,
  trigger: TriggerRow,
  received: Received,
  starting: Starting,
): Promise<Verdict> {
  const { now, previousKey } = starting;
  const { verdict, queuedRunId } = await services.database.orm.transaction(async (tx) => {
    // Its own savepoint: a refused delivery leaves its row in the log alone, and a test goes as far as any other.
    const started = await tx
      .transaction((within) => dispatch(within, trigger, received, starting))
      .catch((error: unknown) => ({ verdict: verdictOf(error), queuedRunId: null }));
    await log(tx, trigger, received, { now, verdict: started.verdict, previousKey });
    return started;
  });
  if (queuedRunId !== null) services.wake(queuedRunId);
  return verdict;
}

/** Carries a verdict out of a transaction and undoes that. */
class Undone extends Error {
  readonly verdict: Verdict;
  constructor(verdict: Verdict) {
    super(verdict.reason);
    this.verdict = verdict;
  }
}

function verdictOf(error: unknown): Verdict {
  if (error instanceof Undone) return error.verdict;
  const refusal = asRefusal(error);
  if (refusal === null) throw error;
  return refused(errorClasses[refusal.code], refusal.code, refusal.message);
}

async function dispatch(tx: Executor, trigger: TriggerRow, received: Received, starting: Starting) {
  const { now, once, signingKeys } = starting;
  const payload = payloadOf(received, signingKeys);
  const idempotencyKey = idempotencyKeyOf(trigger, received, signingKeys);
  const routine = await lockRoutine(tx, trigger.companyId, trigger.routineId);
  const [current] = await tx.select().from(routineTriggers).where(eq(routineTriggers.id, trigger.id)).for("update");
  // Whoever pauses everything has all routines locked while it does.
  const stopped =
    judgeState({ ...trigger, enabled: current?.enabled === true }, routine.status) ?? (await judgeStandstill(tx));
  if (stopped) throw new Undone(stopped);
  if (once !== null) await takeOnce(tx, trigger, once);
  const provided = variablesOf(routine.variables, payload);
  const dispatched = await decide(tx, now, {
    companyId: trigger.companyId,
    routineId: trigger.routineId,
    triggerId: trigger.id,
    source: "webhook",
    variables: provided,
    payload,
    idempotencyKey,
  });
  const verdict: Verdict = {
    status: 202,
    ...outcomeOf(dispatched, received.test),
    code: null,
    // The run of a test is undone with it; one that was there before stays.
    run: received.test && !dispatched.repeated ? null : { runId: dispatched.runId, status: dispatched.status },
    variables: dispatched.repeated ? {} : resolveValues(routine.variables, provided),
  };
  if (received.test) throw new Undone(verdict);
  return { verdict, queuedRunId: dispatched.repeated ? null : dispatched.queuedRunId };
}

/** What the delivery brings, without a signing key that stands in it. */
function payloadOf({ headers, body }: Received, signingKeys: readonly string[]): Json | null {
  const encoding = headers["content-encoding"];
  if (encoding !== undefined && encoding !== "identity") {
    throw new Undone(refused(415, "payload_invalid", "The body is compressed, which is not taken."));
  }
  const read = readPayload(headers["content-type"], textOf(body ?? Buffer.alloc(0)));
  if (!read.ok) throw new Undone(refused(read.status, "payload_invalid", read.reason));
  requireStorable(read.payload, "payload");
  return withoutTexts(read.payload, signingKeys);
}

function textOf(body: Buffer): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(body);
  } catch {
    throw new Undone(refused(400, "payload_invalid", "The body is not UTF-8 text."));
  }
}

/** The key under which a delivery is one and the same, however often it comes: the sender's, or the number that GitHub gives it. */
function idempotencyKeyOf(trigger: TriggerRow, { headers }: Received, signingKeys: readonly string[]): string | null {
  const ofGithub = trigger.signingMode === "github_hmac" ? headers["x-github-delivery"] : undefined;
  const given = headers["idempotency-key"] ?? ofGithub;
  if (given === undefined) return null;
  const key = String(given).trim();
  if (key === "" || key.length > LONGEST_KEY || signingKeys.some((secret) => key.includes(secret))) {
    const why = `The idempotency key has no character, more than ${LONGEST_KEY}, or holds the signing key.`;
    throw new Undone(refused(400, "invalid_input", why));
  }
  return key;
}

/** Notes a signed delivery as taken. Whoever comes with the same one waits for this transaction, and is then refused. */
async function takeOnce(tx: Executor, trigger: TriggerRow, once: NonNullable<Proven["once"]>): Promise<void> {
  const taken = await tx
    .insert(webhookNonces)
    .values({
      triggerId: trigger.id,
      digest: once.digest,
      expiresAt: new Date(once.at.getTime() + 2 * LONGEST_WINDOW_MS),
    })
    .onConflictDoNothing()
    .returning({ digest: webhookNonces.digest });
  if (taken.length === 0) throw new Undone(refused(409, "replay", "This very delivery has been taken already."));
}

function outcomeOf({ runId, status, repeated }: Dispatched, test: boolean): Pick<Verdict, "outcome" | "reason"> {
  if (repeated) return { outcome: "repeated", reason: `Its idempotency key was seen before: run ${runId}.` };
  if (status === "coalesced" || status === "skipped") {
    const reason = test ? "It would give way" : "It gave way";
    return { outcome: status, reason: `${reason} to an active run of the same work.` };
  }
  return { outcome: "started", reason: test ? "A run would be queued." : `Run ${runId} was queued.` };
}

function refused(status: number, code: string, reason: string): Verdict {
  return { status, outcome: "refused", code, reason, run: null, variables: {} };
}

async function log(
  tx: Executor,
  trigger: TriggerRow,
  received: Received,
  { now, verdict, previousKey }: { readonly now: Date; readonly verdict: Verdict; readonly previousKey: boolean },
): Promise<void> {
  const { status: httpStatus, outcome, code, reason, run } = verdict;
  const { test, bodyBytes, sourceAddress } = received;
  const runId = run?.runId ?? null;
  await writeDelivery(tx, trigger, {
    receivedAt: now,
    test,
    outcome,
    httpStatus,
    code,
    reason,
    bodyBytes,
    sourceAddress,
    previousKey,
    runId,
  });
  await announce(tx, { topic: "webhooks", companyId: trigger.companyId, id: trigger.routineId });
}
