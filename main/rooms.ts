import { createBackups } from "./backup/backups.ts";
import type { KeptAside } from "../preload/contract/restore.ts";
import type { RestorePlaces } from "./backup/restore/places.ts";
import { createReceiver } from "./backup/receive.ts";
import { recordBackupActivity } from "./backup/backup-activity.ts";
import { restoreProcedures } from "./backup/restore/procedures.ts";
import type { Restores } from "./backup/restore/restores.ts";
import { findServerHeads } from "./backup/restore/server.ts";
import { settleServerFiles } from "./backup/restore/server-files.ts";
import type { Live } from "./backup/restore/services.ts";
import { backUpBeforeMigrations } from "./backup/pre-migration.ts";
import { backupProcedures } from "./backup/procedures.ts";
import { implementer } from "./contract/implementer.ts";
import { type OpenDatabase, openDatabase } from "./database/open.ts";
import { readMigrations } from "./database/migration-files.ts";
import { databaseProcedures } from "./database/procedures.ts";
import { cachedBaseEnvironment } from "./environment/base.ts";
import type { OpenOptions } from "./control-plane-port.ts";
import { appFiles } from "./instance/app-files.ts";
import { systemClock } from "./instance/clock.ts";
import { readConfig, updateConfig, type Config } from "./instance/config.ts";
import type { InstanceSecretsEnvironment } from "./instance/environment.ts";
import type { Ownership } from "./instance/lock.ts";
import type { Listeners } from "./instance/listeners.ts";
import { settingsProcedures } from "./instance/procedures.ts";
import type { ProductLog } from "./record/log.ts";
import { activityProcedures } from "./record/procedures.ts";
import { inboxProcedures } from "./routines/inbox-procedures.ts";
import { noticeProcedures } from "./routines/notice-procedures.ts";
import { startNotifier } from "./routines/notices/notifier.ts";
import { routineProcedures } from "./routines/procedures.ts";
import { inlineSecretProcedures } from "./routines/seal-procedures.ts";
import { schedulerProcedures } from "./routines/scheduler-procedures.ts";
import { startScheduler } from "./routines/scheduler/scheduler.ts";
import { definitionProcedures } from "./routines/definition-procedures.ts";
import { triggerProcedures } from "./routines/trigger-procedures.ts";
import { webhookProcedures } from "./routines/webhooks/procedures.ts";
import { startReception, webhookBase } from "./routines/webhooks/reception.ts";
import { forkRunner } from "./runs/channel.ts";
import { startLogRetention } from "./runs/log-retention.ts";
import { runProcedures } from "./runs/procedures.ts";
import { startWorker } from "./runs/worker.ts";
import { openCustody } from "./secrets/custody.ts";
import { copyOfKey, recoveryRecipient } from "./secrets/key-copy.ts";
import { type KeyRing, openKeyRing } from "./secrets/key-ring.ts";
import { keyProcedures } from "./secrets/key-procedures.ts";
import { lookAtSources } from "./secrets/key-sources.ts";
import { afterRestore } from "./secrets/restored-heads.ts";
import { systemKeychain } from "./secrets/keychain.ts";
import { secretProcedures } from "./secrets/procedures.ts";
import { auditHeads } from "./secrets/audit-heads.ts";
import { auditProcedures } from "./secrets/audit-procedures.ts";
import { startAuditSealer } from "./secrets/audit-sealer.ts";
import { providerProcedures, providerVaultProcedures } from "./secrets/provider-procedures.ts";
import { createRotator } from "./secrets/rotator.ts";
import { openVault } from "./secrets/vault.ts";
import type { Hub } from "./hub.ts";
import type { Answering } from "./late-router.ts";
import { shellProcedures } from "./shell.ts";
import { streamOf } from "./stream.ts";
import { systemProcedures } from "./system.ts";
import { findCompany } from "./work/lookup.ts";
import { agentProcedures, companyProcedures, projectProcedures } from "./work/procedures.ts";
import { type ClosingStack, closingStack } from "./closing-stack.ts";

/** Milliseconds that a backup before migrations may take. */
const PRE_MIGRATION_MS = 2 * 3_600_000;

/** What the process has before its database is opened. */
export type Opening = OpenOptions & {
  readonly readEnvironment: () => Promise<InstanceSecretsEnvironment>;
  readonly config: Config;
  readonly ownership: Ownership;
  readonly log: ProductLog;
  readonly startedAt: Date;
  readonly ofProcess: Listeners;
  /** Those who hear of changes, whatever database announces them. */
  readonly changes: Hub;
  readonly link: { readonly make: (() => string) | null };
  readonly stopListeners: ReadonlySet<() => void>;
  readonly restores: Restores;
  readonly places: RestorePlaces;
  readonly mode: "embedded" | "postgres";
  /** While a restore builds what will take the place of this. */
  readonly readOnly: boolean;
};

/** Everything that stands on the database, and is closed and opened again when another takes its place. */
export interface Rooms extends Answering {
  readonly live: Live;
  ring(): Promise<KeyRing>;
  idle(): Promise<void>;
  close(): Promise<void>;
}

/** Opens them, or closes what was opened of them and throws. */
export async function openRooms(opening: Opening): Promise<Rooms> {
  const closing = closingStack();
  try {
    return await fillRooms(opening, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

/** Everything above the log. */
async function fillRooms(opening: Opening, closing: ClosingStack): Promise<Rooms> {
  const { paths, kind, processEnv, version, readEnvironment, ownership, log, ofProcess, readOnly } = opening;
  const files = appFiles(import.meta.dirname);

  const clock = systemClock;
  const leaving = new AbortController();
  const reached = await readEnvironment();
  const databaseUrl = reached.databaseUrl ?? opening.config.database.connectionString;
  const opened = await openDatabase({
    paths,
    ...(opening.mode === "postgres" ? { databaseUrl } : {}),
    readOnly,
    migrationUrl: reached.migrationUrl,
    migrationsDirectory: files.migrations,
    runtimeDirectory: ownership.runtimeDirectory,
    clock,
    log,
    beforeMigrate: async (connection) => {
      opening.onProgress?.("Backing the database up before its migrations.");
      const taken = await backUpBeforeMigrations({
        connection,
        directory: paths.backups,
        instanceId: paths.id,
        appVersion: version,
        migrations: await readMigrations(files.migrations),
        clock,
        deadlineMs: PRE_MIGRATION_MS,
        signal: leaving.signal,
      });
      if (taken) log.info({ path: taken.path, bytes: taken.bytes }, "the database was backed up before its migrations");
    },
  });
  closing.add(opened.close);
  closing.add(async () => leaving.abort());
  const { database, feed } = opened;
  const settled = opening.mode === "postgres" ? await settleServer(opening, opened) : null;
  // What was put in place may hold settings and names of the key.
  const [config, environment] = await Promise.all([readConfig(paths), readEnvironment()]);

  const keychain = systemKeychain({ entry: files.keychain, processEnv, fork: opening.forkHelper });
  closing.add(keychain.close);
  const custody = await openCustody({
    paths,
    config: config.secrets,
    masterKeyFile: environment.masterKeyFile,
    keychain,
    save: async (to) => void (await updateConfig(paths, "secrets", { custody: to })),
  });
  const { place } = custody;
  const vault = await openVault({ database, clock, place, environmentKey: environment.masterKey });
  const rotator = createRotator({ database, vault, place, clock, log });
  closing.add(rotator.stop);
  if (kind !== "command" && !readOnly) rotator.resume();
  const heads = afterRestore(auditHeads(paths.secrets), settled?.heads ?? opening.places.heads, vault);
  const sealer = startAuditSealer({ database, vault, feed, clock, log, heads });
  closing.add(sealer.stop);
  let settings = config;
  // Before runs and slots are looked at, so that it hears what becomes of them.
  const notifier =
    kind === "command" ? null : startNotifier({ database, feed, clock, log, wanted: () => settings.notifications });
  if (notifier) closing.add(notifier.stop);
  const baseEnvironment = cachedBaseEnvironment(processEnv);
  const start = { baseEnvironment, defaultCwd: paths.workspaces };
  const worker = await startWorker({
    database,
    vault,
    feed,
    clock,
    log,
    paths,
    config,
    kind,
    scope: kind === "command" ? "asked" : "all",
    launchRunner: () => forkRunner(files.runner, processEnv, opening.forkHelper),
    ...start,
  });
  closing.add(async () => {
    const isReplaced = (opening.restores.work()?.kind ?? "preview") !== "preview";
    const ended = await worker.stop(isReplaced ? "ended_for_restore" : "owner_stopped");
    opening.restores.noteEnded(ended);
  });

  // An owner that a command opened runs what it was asked to and nothing else.
  const scheduler =
    kind === "command" || readOnly
      ? null
      : startScheduler({
          database,
          session: opened.session,
          feed,
          clock,
          log,
          instanceRoot: paths.root,
          onQueued: worker.expect,
          changed: ofProcess.tell,
        });
  if (scheduler) closing.add(scheduler.stop);
  const stopWaiting = keychain.late.subscribe(() => {
    vault.reload().then(ofProcess.tell, (error: unknown) => log.error({ error }, "the vault was not looked at again"));
  });
  closing.add(async () => stopWaiting());
  const retention = startLogRetention({
    database,
    paths,
    clock,
    log,
    policy: () => ({ days: settings.runs.logRetentionDays, totalBytes: settings.runs.logTotalBytes }),
    automatic: kind !== "command",
  });
  closing.add(retention.stop);
  const backups = createBackups({
    paths,
    session: opened.session,
    migrations: await readMigrations(files.migrations),
    appVersion: version,
    clock,
    log,
    processEnv,
    key: () => copyOfKey(vault),
    recoveryRecipient: () => recoveryRecipient(database),
    settings: () => settings.backups,
    // An owner that a command opened does what it was asked to and nothing else.
    automatic: kind !== "command" && !readOnly,
    changed: ofProcess.tell,
  });
  closing.add(backups.stop);
  const baseOfWebhooks = () => webhookBase(settings.webhooks.port);
  const reception =
    kind === "command" || readOnly
      ? null
      : startReception({
          database,
          vault,
          clock,
          log,
          feed,
          wake: worker.accept,
          port: () => settings.webhooks.port,
          changed: ofProcess.tell,
        });
  if (reception) closing.add(reception.stop);
  const webhooks = () =>
    reception?.state() ?? {
      state: "off" as const,
      reason: readOnly
        ? "A restore is going on; webhooks are taken again when it is done and released."
        : "A command opened this instance; webhooks are taken under a window or `paperclip-desktop serve`.",
      base: baseOfWebhooks(),
      unknown: null,
    };
  // What the environment says counts more, as long as the instance is open.
  const strictMode = () => environment.strictMode ?? settings.secrets.strictMode;
  const shared = { database, vault, clock, findCompany };
  const router = implementer.router({
    system: systemProcedures({
      version,
      paths,
      kind,
      startedAt: opening.startedAt,
      opened,
      vault,
      feed: opening.changes,
      scheduler,
      backups: backups.list,
      webhooks,
      clock,
      ofProcess,
      restores: opening.restores,
      makeLink: () => opening.link.make?.() ?? null,
      requestStop: () => opening.stopListeners.forEach((listener) => listener()),
    }),
    companies: companyProcedures({ database }),
    projects: projectProcedures({ database, strictMode }),
    agents: agentProcedures({ database, strictMode, ...start }),
    inlineSecrets: inlineSecretProcedures({ database, vault, clock, strictMode }),
    secrets: secretProcedures({
      ...shared,
      keySources: () => lookAtSources({ vault, custody, environmentKey: environment.masterKey }),
    }),
    audit: auditProcedures({ ...shared, heads, sealer, log }),
    providers: providerProcedures(shared),
    providerVaults: providerVaultProcedures(shared),
    keys: keyProcedures({ database, vault, custody, clock, rotator, moved: ofProcess.tell }),
    routines: routineProcedures({ ...shared, ...start, strictMode, wake: worker.accept }),
    scheduler: schedulerProcedures({ database, clock }),
    notifications: noticeProcedures((signal) => streamOf(notifier?.subscribe ?? (() => () => undefined), signal)),
    inbox: inboxProcedures({ database, clock, wake: worker.accept }),
    runs: runProcedures({ database, feed, paths, worker, clock, retention }),
    triggers: triggerProcedures({ database, clock, vault, webhookBase: baseOfWebhooks }),
    definitions: definitionProcedures({ database, vault, clock, strictMode }),
    webhooks: webhookProcedures({ ...shared, wake: worker.accept, webhooks }),
    activity: activityProcedures({ database, findCompany }),
    database: databaseProcedures(opened),
    backups: backupProcedures({ backups, streamOf }),
    restore: restoreProcedures(opening.restores),
    settings: settingsProcedures({
      paths,
      running: config,
      changed: (saved) => {
        settings = saved;
        retention.soon();
        reception?.look();
        ofProcess.tell();
      },
    }),
    shell: shellProcedures({
      database,
      paths,
      receiver: createReceiver({
        directory: paths.backups,
        clock,
        log,
        added: async (name, bytes) => {
          ofProcess.tell();
          await recordBackupActivity(database, "backup.added", name, { bytes });
        },
      }),
    }),
  });
  // Whoever was told of changes by the database before this one hears of those of this one, and asks for everything anew.
  closing.add(opening.changes.follow(feed, opened.onState));
  return {
    router,
    leaving: leaving.signal,
    live: {
      database,
      session: opened.session,
      busy: backups.busy,
      isLocked: () => vault.state() === "locked",
      keptAside: settled?.keptAside ?? [],
    },
    ring: () => openKeyRing(vault, place, environment.masterKey),
    idle: worker.idle,
    close: closing.closeAll,
  };
}

/**
 * Puts in place what a restore into the database of a server has left for its opening. Answers where its heads are noted, and
 * where what made way is kept.
 */
async function settleServer(
  { paths, places, log }: Opening,
  { database, session }: OpenDatabase,
): Promise<{ readonly heads: string; readonly keptAside: KeptAside[] }> {
  const keptAside = await settleServerFiles({
    paths,
    places,
    session,
    executor: database.orm,
    clock: systemClock,
    log,
  });
  return { heads: await findServerHeads(places, database.orm, systemClock.now()), keptAside };
}
