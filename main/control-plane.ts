import { createRouterClient } from "@orpc/server";
import { finishIntent } from "./backup/restore/intent.ts";
import { removeUnfinished, restorePlaces } from "./backup/restore/places.ts";
import { removePartials } from "./backup/partials.ts";
import { clearProofs, proofPlaces } from "./backup/proof-places.ts";
import { restoreProcedures } from "./backup/restore/procedures.ts";
import { createRestores } from "./backup/restore/restores.ts";
import { onlyReadFor } from "./backup/restore/turn.ts";
import type { CallContext } from "./contract/implementer.ts";
import { asRefusal, Refusal } from "./contract/refusal.ts";
import { readMigrations } from "./database/migration-files.ts";
import { statementFailure } from "./database/statement-failure.ts";
import type { ControlPlane, OpenOptions } from "./control-plane-port.ts";
import { appFiles } from "./instance/app-files.ts";
import { systemClock } from "./instance/clock.ts";
import { readConfig } from "./instance/config.ts";
import { readInstanceEnvironment, removeSensitive } from "./instance/environment.ts";
import { acquireOwnership } from "./instance/lock.ts";
import { makePrivateDirectory } from "./instance/permissions.ts";
import { createListeners } from "./instance/listeners.ts";
import { openProductLog } from "./record/log.ts";
import { keyInPlace, keyRing } from "./secrets/key-ring.ts";
import { createHub } from "./hub.ts";
import { lateRouter } from "./late-router.ts";
import { turning } from "./turning.ts";
import { type ClosingStack, closingStack } from "./closing-stack.ts";
import { openRooms, type Opening, type Rooms } from "./rooms.ts";

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
  for (const directory of [paths.root, paths.logs]) await makePrivateDirectory(directory);
  const log = openProductLog({ directory: paths.logs });
  closing.add(async () => log.close());
  // Before anything is read that a restore may have been replacing when it was cut off.
  const places = await restorePlaces(paths);
  const finishRestore = async () => {
    if (await finishIntent(places, log)) log.warn({}, "a restore that was cut off was finished");
  };
  await finishRestore();
  await removeUnfinished(places, log);
  await clearProofs(proofPlaces(paths), log);
  await removePartials(paths.backups, log);
  const startedWith = { ...processEnv };
  const readEnvironment = () => readInstanceEnvironment(paths, startedWith);
  const environment = await readEnvironment();
  // Only an owner takes the secrets out of the environment: one that was refused may try again.
  removeSensitive(processEnv);
  const config = await readConfig(paths);
  for (const directory of [paths.runLogs, paths.secrets, paths.workspaces]) await makePrivateDirectory(directory);
  const files = appFiles(import.meta.dirname);
  const external = config.database.mode === "postgres" || environment.databaseUrl !== undefined;
  const mode: Opening["mode"] = external ? "postgres" : "embedded";
  const ofProcess = createListeners();
  const changes = createHub();
  const stopListeners = new Set<() => void>();
  const link: { make: (() => string) | null } = { make: null };
  const startedAt = systemClock.now();
  const rooms = turning<Rooms, { readonly readOnly: boolean }>(async ({ readOnly }) => {
    // Where one could be neither finished nor taken back in this process, it comes first as well.
    await finishRestore();
    const opening = {
      ...options,
      readEnvironment,
      config: await readConfig(paths),
      ownership,
      log,
      ofProcess,
      changes,
    };
    const common = { startedAt, link, stopListeners, restores, places, mode, readOnly } as const;
    try {
      return await openRooms({ ...opening, ...common });
    } catch (error) {
      const refusal = asRefusal(error) ?? statementFailure(error);
      if (refusal === null) log.error({ error }, "the instance could not be opened");
      throw refusal && mode === "embedded" ? withWayBack(refusal) : (refusal ?? error);
    }
  });
  const restores = createRestores({
    paths,
    places,
    mode,
    migrations: await readMigrations(files.migrations),
    stage: {
      live: () => rooms.now()?.live ?? null,
      whyClosed: rooms.whyClosed,
      ring: async () =>
        rooms.now()?.ring() ?? keyRing(null, await keyInPlace(paths, await readConfig(paths), await readEnvironment())),
      open: rooms.open,
      close: rooms.close,
    },
    clock: systemClock,
    log,
    processEnv,
    changed: ofProcess.tell,
  });
  closing.add(() => rooms.close(new Refusal("owner_gone", "The owner of this instance is stopping.")));
  closing.add(restores.stop);
  try {
    await rooms.open({ readOnly: false });
    void restores.tidy();
  } catch (error) {
    if (!options.rescue || !asRefusal(error)) throw error;
  }
  const router = lateRouter(() => rooms.current(), { restore: restoreProcedures(restores) });
  const reportUnexpected: CallContext["reportUnexpected"] = (error, procedure) => {
    const behind = statementFailure(error);
    if (behind === null) log.error({ error, procedure }, "a call failed unexpectedly");
    // The database does not know why it can only be read.
    return behind?.code === "read_only" ? (onlyReadFor(restores.work()) ?? behind) : behind;
  };
  let closed: Promise<void> | undefined;
  let settleClosed: () => void = () => undefined;
  return {
    router,
    client: createRouterClient(router, { context: { host: "in-process", reportUnexpected } }),
    reportUnexpected,
    idle: async () => rooms.now()?.idle(),
    closed: new Promise((resolve) => (settleClosed = resolve)),
    close: () => (closed ??= closing.closeAll().finally(() => settleClosed())),
    setLinkMaker: (make) => (link.make = make),
    onStopRequested: (listener) => stopListeners.add(listener),
  };
}

/** What still helps where a database of the app's own does not open any more. */
function withWayBack(refusal: Refusal): Refusal {
  if (refusal.code !== "database_unavailable") return refusal;
  const ways =
    "Where it does not come back: `paperclip-desktop db:restore FILE` restores a backup, `db:restore-undo` what was in use before a restore.";
  const next = refusal.data.next === undefined ? ways : `${refusal.data.next} ${ways}`;
  return new Refusal(refusal.code, refusal.message, { ...refusal.data, next }, refusal);
}
