import { sql } from "drizzle-orm";
import type { KeptState, RestoreHold } from "../preload/contract/restore.ts";
import type { Problem, Status } from "../preload/contract/system.ts";
import { replacedText } from "../preload/rules/replaced-parts.ts";
import type { BackupList } from "./backup/backups.ts";
import { pastMs } from "./backup/past.ts";
import { implementer } from "./contract/implementer.ts";
import { asRefusal, Refusal } from "./contract/refusal.ts";
import type { Restores } from "./backup/restore/restores.ts";
import { onlyReadFor } from "./backup/restore/turn.ts";
import type { UnreadableKept } from "./backup/restore/unreadable.ts";
import type { ChangeFeed } from "./database/changes.ts";
import type { SchemaState } from "./database/migrator.ts";
import type { OpenDatabase } from "./database/open.ts";
import { LET_IT_BE_CHANGED } from "./database/read-only.ts";
import { statementFailure } from "./database/statement-failure.ts";
import type { Clock } from "./instance/clock.ts";
import type { Listeners } from "./instance/listeners.ts";
import type { OwnerKind } from "./instance/lock.ts";
import type { InstancePaths } from "./instance/paths.ts";
import { readPause } from "./routines/scheduler/pause.ts";
import type { Scheduler } from "./routines/scheduler/scheduler.ts";
import { ownersElsewhere } from "./runs/owners.ts";
import type { Vault } from "./secrets/vault.ts";
import { streamOf } from "./stream.ts";

interface Services {
  readonly version: string;
  readonly paths: InstancePaths;
  readonly kind: OwnerKind;
  readonly startedAt: Date;
  readonly opened: OpenDatabase;
  readonly vault: Vault;
  readonly feed: ChangeFeed;
  /** Null where this owner does not schedule. */
  readonly scheduler: Scheduler | null;
  /** The folder of backups as it is shown. */
  readonly backups: () => Promise<BackupList>;
  readonly webhooks: () => Status["webhooks"];
  readonly clock: Clock;
  /** What changed in this process and no database announces: its settings, and how it fares. */
  readonly ofProcess: Listeners;
  /** What is being restored, and what is held back since. */
  readonly restores: Pick<Restores, "work" | "state" | "unreadable">;
  /** A fresh link to the panel, or null where this owner serves none. */
  readonly makeLink: () => string | null;
  readonly requestStop: () => void;
}

/** The area `system`: what concerns the owner as a whole. */
export function systemProcedures(services: Services) {
  const area = implementer.system;
  let known: string | null = null;
  return {
    status: area.status.handler(async () => {
      const status = await readStatus(services);
      const found = outlineOf(status);
      // Nobody announces a key file that went or a server that became read-only: who finds it tells the others.
      if (known !== null && known !== found) services.ofProcess.tell();
      known = found;
      return status;
    }),
    stop: area.stop.handler(() => {
      services.requestStop();
      return { stopping: true as const };
    }),
    link: area.link.handler(() => {
      const url = services.makeLink();
      if (url !== null) return { url };
      throw new Refusal(
        "not_available",
        `The owner of this instance (${services.kind}) serves no panel for a browser.`,
        {
          next: "Start one with `paperclip-desktop serve`.",
        },
      );
    }),
    changes: area.changes.handler(({ signal }) => streamOf(changesOf(services), signal)),
  };
}

/** How an owner fares, without words that may differ each time. */
function outlineOf({ database, vault, webhooks, held, readOnly, problems }: Status): string {
  return JSON.stringify([
    { ...webhooks, unknown: null },
    database.state,
    vault.state,
    vault.keyId,
    held,
    readOnly,
    problems.map(({ code }) => code),
  ]);
}

/** Changes that the database announces, and those of the database itself and of this process, which it cannot. */
function changesOf({ feed, opened, ofProcess }: Services): ChangeFeed["subscribe"] {
  return (listener) => {
    const tell = () => listener({ topic: "status", companyId: null, id: null });
    const leaving = [feed.subscribe(listener), opened.onState(tell), ofProcess.subscribe(tell)];
    return () => leaving.forEach((leave) => leave());
  };
}

async function readStatus(services: Services): Promise<Status> {
  const { opened, paths } = services;
  const health = await opened.health();
  const ready = health.state === "ready";
  const problems: Problem[] = [];
  const schema = ready ? await schemaOf(opened, problems) : null;
  const vault = ready ? await services.vault.health("quick") : null;
  const runs = ready ? await countRuns(opened) : null;
  if (health.failure !== null || health.state === "failed") {
    problems.push({
      area: "database",
      code: "database_unavailable",
      message: `${conditions[health.state]}: ${health.failure ?? "the cause is not known"}.`,
      next: waysBack[opened.mode],
    });
  }
  const restoring = onlyReadFor(services.restores.work());
  const readOnly = !ready || health.readOnly === null ? null : (restoring?.message ?? health.readOnly);
  if (readOnly !== null) {
    const next = restoring?.data.next ?? LET_IT_BE_CHANGED;
    const area = restoring === null ? "database" : "backups";
    problems.push({ area, code: "read_only", message: readOnly, next });
  }
  const restored = ready ? await services.restores.state() : null;
  const held = restored?.hold ?? null;
  if (held !== null) problems.push(heldProblem(held, restored?.kept[0]));
  problems.push(...(await services.restores.unreadable()).map(unreadableProblem));
  for (const finding of vault?.findings ?? []) {
    if (finding.level === "ok") continue;
    const code = vault?.state === "locked" ? "vault_locked" : "key_invalid";
    problems.push({ area: "vault", code, message: finding.message, next: finding.next });
  }
  if (ready) problems.push(...(await ownersBeside(services)));
  const scheduler = await schedulerOf(services, { ready, readOnly }, problems);
  const webhooks = webhooksOf(services.webhooks(), held !== null, scheduler.pausedSince !== null);
  if (webhooks.state === "failed") {
    const next =
      "End the other program, or choose another port and tell the senders: `paperclip-desktop configure --section webhooks --set port=N`";
    problems.push({ area: "webhooks", code: "webhooks_not_taken", message: webhooks.reason, next });
  }
  return {
    version: services.version,
    instance: { id: paths.id, root: paths.root },
    owner: { kind: services.kind, pid: process.pid, startedAt: services.startedAt.toISOString() },
    database: {
      mode: opened.mode,
      state: health.state,
      version: opened.version,
      schema: schema?.applied.at(-1)?.number ?? null,
      pending: schema?.pending.length ?? 0,
    },
    vault: {
      state: vault?.state ?? services.vault.state(),
      keyId: services.vault.keyId(),
      custody: vault?.custody ?? "file",
    },
    scheduler,
    backups: await backupsOf(services, restoring !== null && readOnly !== null, problems),
    webhooks,
    runs,
    held,
    readOnly,
    problems,
  };
}

function heldProblem({ kind, source, stateOf, queued }: RestoreHold, kept: KeptState | undefined): Problem {
  const runs = queued === 1 ? "1 run waits" : `${queued} runs wait`;
  const waiting = queued === 0 ? "" : `, and ${runs} in the queue`;
  // What is kept tells what was replaced, where it is of the same swap.
  const replaced = kept?.before === kind && kept.source === source ? replacedText(kept.replaced) : null;
  const parts = replaced === null ? "" : ` (${replaced})`;
  const what = kind === "restore" ? `${source} of ${stateOf} was restored${parts}` : `${source} was put back${parts}`;
  return {
    area: "instance",
    code: "restore_held",
    message: `Nothing starts by itself since ${what}: schedules and webhooks are held${waiting}.`,
    next: "Look at what is queued and due, then release it: `paperclip-desktop db:restore-release`",
  };
}

/** Nothing removes it by itself, so that it takes space until somebody decides. */
function unreadableProblem({ folder, database, bytes, why }: UnreadableKept): Problem {
  const mebibytes = Math.ceil(bytes / 1024 / 1024);
  const all = database === null ? folder : `${folder} and ${database}`;
  return {
    area: "backups",
    code: "kept_unreadable",
    message: `What was kept before a restore or an undo cannot be read: ${why}. It takes ${mebibytes} MiB in ${all}, and is never removed by itself.`,
    next: `The version of the app that wrote it may put it back. Where nobody needs it, remove ${all}; a master key below "files" may be the only copy.`,
  };
}

/** Other instances that work on this database, by mistake most often: each says that the other is there. */
async function ownersBeside({ opened, paths, clock }: Services): Promise<Problem[]> {
  const owners = await ownersElsewhere(opened.database.orm, paths, clock.now());
  return owners.map((owner) => ({
    area: "database",
    code: "owner_elsewhere",
    message: `Another instance works on this database: ${owner}. No slot and no run is doubled.`,
    next: "Where that is not meant, point one of them at another database and restart it.",
  }));
}

/** How deliveries fare: while nothing starts by itself, all are refused. */
function webhooksOf(webhooks: Status["webhooks"], isHeld: boolean, isPaused: boolean): Status["webhooks"] {
  if (webhooks.state !== "listening" || !(isHeld || isPaused)) return webhooks;
  const why = isHeld ? "what was restored is held" : "schedules and webhooks are paused";
  return { ...webhooks, reason: `What is sent to ${webhooks.base} is refused and noted: ${why}.` };
}

/** How schedules fare, and what of them needs somebody. */
async function schedulerOf(
  services: Services,
  { ready, readOnly }: { readonly ready: boolean; readonly readOnly: string | null },
  problems: Problem[],
): Promise<Status["scheduler"]> {
  const { scheduler, opened } = services;
  const nothing = { nextRunAt: null, nextRoutine: null, latenessMs: null, pausedSince: null };
  if (scheduler === null && readOnly !== null) return { state: "held", reason: readOnly, ...nothing };
  if (scheduler === null) {
    const reason = "A command opened this instance; schedules run under a window or `paperclip-desktop serve`.";
    const pausedSince = ready ? await readPause(opened.database.orm) : null;
    return { state: "off", reason, ...nothing, pausedSince: pausedSince?.toISOString() ?? null };
  }
  if (!ready)
    return { state: "failed", reason: "Nothing is scheduled while the database does not answer.", ...nothing };
  // Why it can only be read is a problem already.
  if (readOnly !== null) {
    return { state: "failed", reason: "Nothing is scheduled while the database can only be read.", ...nothing };
  }
  const { state, reason, nextRunAt, nextRoutine, latenessMs, pausedSince, failing } = await scheduler.state();
  if (state === "late" || state === "failed") {
    const next = "See logs/ in the instance folder; a restart of the app starts the scheduler anew.";
    problems.push({ area: "scheduler", code: `scheduler_${state}`, message: reason, next });
  }
  for (const { routineTitle, message } of failing) {
    problems.push({
      area: "scheduler",
      code: "trigger_failing",
      message: `A trigger of ${JSON.stringify(routineTitle)} could not be accounted for: ${message}`,
      next: "Look at it with `paperclip-desktop triggers list --routine NAME`; the scheduler tries again each minute.",
    });
  }
  return {
    state,
    reason,
    nextRunAt: nextRunAt?.toISOString() ?? null,
    nextRoutine,
    pausedSince: pausedSince?.toISOString() ?? null,
    latenessMs,
  };
}

/** How backups fare, and what of them needs somebody. */
async function backupsOf(
  { backups, clock }: Services,
  isRestoring: boolean,
  problems: Problem[],
): Promise<Status["backups"]> {
  const list = await backups().catch((error: unknown) => {
    const refusal = asRefusal(error);
    if (refusal === null) throw error;
    return refusal;
  });
  if (list instanceof Refusal) {
    const { code, message, data } = list;
    problems.push({ area: "backups", code, message, next: data.next ?? null });
    const nothing = { newestAt: null, provenAt: null, nextAt: null, count: 0, bytes: 0 };
    const full = { state: "failing" as const, reason: message, newestAt: null, nextAt: null };
    return { state: "failing", reason: message, ...nothing, full };
  }
  const { automatic, bytes } = list;
  const there = list.backups.filter((one) => one.state !== "unreadable");
  const now = clock.now();
  // What a clock that was ahead left behind does not stand for the state of things.
  const past = there.filter(({ takenAt }) => pastMs(takenAt, now) > 0);
  const proofs = there.flatMap(({ provenAt }) => (provenAt === null || pastMs(provenAt, now) === 0 ? [] : [provenAt]));
  const { failure, full } = automatic;
  if (full.failure) {
    const { code, message, next } = full.failure;
    problems.push({ area: "backups", code, message: `The last full backup by interval failed: ${message}`, next });
  }
  if (failure) {
    const what = failure.doing === "taking" ? "The last backup by interval failed" : "A backup could not be proven";
    const { code, next } = failure;
    problems.push({ area: "backups", code, message: `${what}: ${failure.message}`, next });
  }
  return {
    state: automatic.state,
    reason: isRestoring && automatic.state === "elsewhere" ? NOT_NOW : backupReasons[automatic.state],
    newestAt: past[0]?.takenAt ?? null,
    provenAt: proofs.toSorted().at(-1) ?? null,
    nextAt: automatic.nextAt,
    count: there.length,
    bytes,
    full: {
      state: full.state,
      reason: isRestoring && full.state === "elsewhere" ? NOT_NOW : fullReasons[full.state],
      newestAt: past.find(({ kind }) => kind === "full")?.takenAt ?? null,
      nextAt: full.nextAt,
    },
  };
}

/** Where a restore is under way, it is not the command that opened an instance which keeps backups from being taken. */
const NOT_NOW = "A restore is going on; backups are taken again when it is done.";

const fullReasons = {
  on: "Full backups are taken by interval, encrypted to the recovery code.",
  off: "No full backup is taken by interval: that is switched off in the settings.",
  no_code:
    "No full backup is taken by interval, because there is no recovery code to encrypt it to: `paperclip-desktop secrets key recovery create`",
  failing: "The last full backup by interval failed.",
  elsewhere: "A command opened this instance; full backups are taken under a window or `paperclip-desktop serve`.",
} as const satisfies Record<Status["backups"]["full"]["state"], string>;

const backupReasons = {
  on: "Backups are taken by interval.",
  off: "No backup is taken by interval: that is switched off in the settings.",
  failing: "The last backup or proof by interval failed.",
  elsewhere: "A command opened this instance; backups are taken under a window or `paperclip-desktop serve`.",
} as const satisfies Record<Status["backups"]["state"], string>;

const conditions = {
  starting: "The database is starting",
  ready: "The database answers again",
  recovering: "The database is recovering from a crash",
  restarting: "The database ended and is started again",
  failed: "The database does not work",
  stopped: "The database is stopped",
} as const satisfies Record<Status["database"]["state"], string>;

/** What helps where a database does not answer. */
const waysBack = {
  embedded:
    "See logs/postgres.log in the instance folder; `paperclip-desktop call database.retry` tries once more, and `paperclip-desktop db:restore FILE` restores a backup.",
  postgres: "Check the server of DATABASE_URL and the way to it. The app connects again by itself once it answers.",
} as const;

/** The schema, or null and a problem where the connection for it is away while the others answer. */
async function schemaOf(opened: OpenDatabase, problems: Problem[]): Promise<SchemaState | null> {
  try {
    return await opened.schemaState();
  } catch (error) {
    const refusal = asRefusal(error) ?? statementFailure(error);
    if (refusal === null) throw error;
    const { code, message, data } = refusal;
    problems.push({ area: "database", code, message, next: data.next ?? null });
    return null;
  }
}

async function countRuns(opened: OpenDatabase): Promise<Status["runs"]> {
  const { rows } = await opened.database.orm.execute<{ running: number; queued: number }>(sql`
    select count(*) filter (where status = 'running')::int as running,
           count(*) filter (where status = 'queued')::int as queued
    from routine_runs where status in ('queued', 'running')`);
  return rows[0] ?? null;
}
