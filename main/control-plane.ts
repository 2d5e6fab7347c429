import { createRouterClient } from "@orpc/server";
import { createBackups } from "./backup/backups.ts";
import { backUpBeforeMigrations } from "./backup/pre-migration.ts";
import { backupProcedures } from "./backup/procedures.ts";
import { implementer, type CallContext } from "./contract/implementer.ts";
import { asRefusal } from "./contract/refusal.ts";
import { openDatabase } from "./database/open.ts";
import { readMigrations } from "./database/migration-files.ts";
import { databaseProcedures } from "./database/procedures.ts";
import { statementFailure } from "./database/statement-failure.ts";
import { cachedBaseEnvironment } from "./environment/base.ts";
import type { ControlPlane, OpenOptions } from "./control-plane-port.ts";
import { appFiles } from "./instance/app-files.ts";
import { systemClock } from "./instance/clock.ts";
import { readConfig, updateConfig, type Config } from "./instance/config.ts";
import { readInstanceEnvironment, type InstanceSecretsEnvironment } from "./instance/environment.ts";
import { acquireOwnership, type Ownership } from "./instance/lock.ts";
import { makePrivateDirectory } from "./instance/permissions.ts";
import { createListeners } from "./instance/listeners.ts";
import { settingsProcedures } from "./instance/procedures.ts";
import { openProductLog, type ProductLog } from "./record/log.ts";
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
import { keyProcedures } from "./secrets/key-procedures.ts";
import { lookAtSources } from "./secrets/key-sources.ts";
import { systemKeychain } from "./secrets/keychain.ts";
import { secretProcedures } from "./secrets/procedures.ts";
import { auditHeads } from "./secrets/audit-heads.ts";
import { auditProcedures } from "./secrets/audit-procedures.ts";
import { startAuditSealer } from "./secrets/audit-sealer.ts";
import { providerProcedures, providerVaultProcedures } from "./secrets/provider-procedures.ts";
import { createRotator } from "./secrets/rotator.ts";
import { openVault } from "./secrets/vault.ts";
import { shellProcedures } from "./shell.ts";
import { streamOf } from "./stream.ts";
import { systemProcedures } from "./system.ts";
import { findCompany } from "./work/lookup.ts";
import { agentProcedures, companyProcedures, projectProcedures } from "./work/procedures.ts";

/** Milliseconds that a backup before migrations may take. */
const PRE_MIGRATION_MS = 2 * 3_600_000;

/**
 * Takes an instance and puts its rooms together. What was opened is closed in the reverse order, also when a later step
 * fails; the instance is given back last. Refuses with `instance_owned` where another process has it.
 */
export async function openControlPlane(options: OpenOptions): Promise<ControlPlane> {
  const closing = closingStack();
  try {
    return await open(options, closing);
  } catch (error) {
    await closing.closeAll();
    throw error;
  }
}

async function open(options: OpenOptions, closing: ClosingStack): Promise<ControlPlane> {
  const { paths, kind, processEnv } = options;
  const ownership = await acquireOwnership(paths, { kind });
  closing.add(ownership.release);
  closing.add(await options.onOwned(ownership.socketPath));
  // Only an owner takes the secrets out of the environment: one that was refused may try again.
  const environment = await readInstanceEnvironment(paths, processEnv);
  const config = await readConfig(paths);
  for (const directory of [paths.root, paths.logs, paths.runLogs, paths.secrets, paths.workspaces]) {
    await makePrivateDirectory(directory);
  }
  const log = openProductLog({ directory: paths.logs });
  closing.add(async () => log.close());
  try {
    return await openRooms({ ...options, environment, config, ownership, log }, closing);
  } catch (error) {
    if (asRefusal(error)) throw error;
    const behind = statementFailure(error);
    if (behind === null) log.error({ error }, "the instance could not be opened");
    throw behind ?? error;
  }
}

type Opening = OpenOptions & {
  readonly environment: InstanceSecretsEnvironment;
  readonly config: Config;
  readonly ownership: Ownership;
  readonly log: ProductLog;
};

/** Everything above the log. */
async function openRooms(opening: Opening, closing: ClosingStack): Promise<ControlPlane> {
  const { paths, kind, processEnv, version, environment, config, ownership, log } = opening;
  const files = appFiles(import.meta.dirname);

  const clock = systemClock;
  const leaving = new AbortController();
  const databaseUrl = environment.databaseUrl ?? config.database.connectionString;
  const opened = await openDatabase({
    paths,
    ...(config.database.mode === "postgres" || environment.databaseUrl ? { databaseUrl } : {}),
    migrationUrl: environment.migrationUrl,
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
  if (kind !== "command") rotator.resume();
  const heads = auditHeads(paths.secrets);
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
  closing.add(worker.stop);

  const ofProcess = createListeners();
  // An owner that a command opened runs what it was asked to and nothing else.
  const scheduler =
    kind === "command"
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
    ageEntry: files.age,
    key: () => copyOfKey(vault),
    recoveryRecipient: () => recoveryRecipient(database),
    settings: () => settings.backups,
    // An owner that a command opened does what it was asked to and nothing else.
    automatic: kind !== "command",
    changed: ofProcess.tell,
  });
  closing.add(backups.stop);
  const stopListeners = new Set<() => void>();
  const link: { make: (() => string) | null } = { make: null };
  const baseOfWebhooks = () => webhookBase(settings.webhooks.port);
  const reception =
    kind === "command"
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
      reason: "A command opened this instance; webhooks are taken under a window or `paperclip-desktop serve`.",
      base: baseOfWebhooks(),
    };
  // What the environment says counts more, as long as the instance is open.
  const strictMode = () => environment.strictMode ?? settings.secrets.strictMode;
  const shared = { database, vault, clock, findCompany };
  const router = implementer.router({
    system: systemProcedures({
      version,
      paths,
      kind,
      startedAt: clock.now(),
      opened,
      vault,
      feed,
      scheduler,
      backups: backups.list,
      webhooks,
      clock,
      ofProcess,
      makeLink: () => link.make?.() ?? null,
      requestStop: () => stopListeners.forEach((listener) => listener()),
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
    definitions: definitionProcedures({ database, clock, strictMode }),
    webhooks: webhookProcedures({ ...shared, wake: worker.accept, webhooks }),
    activity: activityProcedures({ database, findCompany }),
    database: databaseProcedures(opened),
    backups: backupProcedures({ backups, streamOf }),
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
    shell: shellProcedures({ database, paths }),
  });
  const reportUnexpected: CallContext["reportUnexpected"] = (error, procedure) => {
    const behind = statementFailure(error);
    if (behind === null) log.error({ error, procedure }, "a call failed unexpectedly");
    return behind;
  };
  let closed: Promise<void> | undefined;
  let settleClosed: () => void = () => undefined;
  return {
    router,
    client: createRouterClient(router, { context: { host: "in-process", reportUnexpected } }),
    reportUnexpected,
    idle: worker.idle,
    closed: new Promise((resolve) => (settleClosed = resolve)),
    close: () => (closed ??= closing.closeAll().finally(() => settleClosed())),
    setLinkMaker: (make) => (link.make = make),
    onStopRequested: (listener) => stopListeners.add(listener),
  };
}

interface ClosingStack {
  add(close: () => Promise<void>): void;
  /** Closes everything in the reverse order. One that fails does not keep the others open; the first failure is thrown. */
  closeAll(): Promise<void>;
}

function closingStack(): ClosingStack {
  const stack: (() => Promise<void>)[] = [];
  return {
    add: (close) => void stack.push(close),
    closeAll: async () => {
      const failures: unknown[] = [];
      for (let close = stack.pop(); close; close = stack.pop()) {
        await close().catch((error: unknown) => failures.push(error));
      }
      if (failures.length > 0) throw failures[0];
    },
  };
}
