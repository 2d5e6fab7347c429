import { mkdir, rename } from "node:fs/promises";
import path from "node:path";
import { z } from "zod";
import type { KeptAside } from "../../../preload/contract/restore.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import type { ConnectionOptions, Executor } from "../../database/database.ts";
import { redactUrl } from "../../instance/connection-url.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Log } from "../../instance/log.ts";
import { parseDotenv } from "../../instance/dotenv.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { flushDirectory, makePrivateDirectory, readIfThere, writePrivateFile } from "../../instance/permissions.ts";
import { removeTree } from "../../instance/remove-tree.ts";
import { newestHold } from "../../runs/hold.ts";
import { asideOf } from "../../secrets/file-key-place.ts";
import { writeKeyFile } from "../../secrets/key-file.ts";
import { parseMasterKey } from "../../secrets/master-key.ts";
import { finishIntent, type Intent, writeIntent } from "./intent.ts";
import { entriesOf, isThere, keptName, type RestorePlaces } from "./places.ts";
import { type IncomingFile, KEPT_DAYS, planFiles, reverse } from "./plan.ts";
import { refuseUnmovable } from "./unmovable.ts";

/**
 * Files, settings and key that come with the rows of a server's database, beside what is in use. They wait under the id of
 * the hold that is committed with the rows: a database with that hold has the rows, and they are put in place when it is opened.
 */
const waitingFiles = z.strictObject({
  version: z.literal(1),
  /** The backup, as people call it. */
  source: z.string(),
  /** The database that they belong to, as it was reached. */
  target: z.string(),
  since: z.iso.datetime(),
  files: z.array(z.strictObject({ place: z.string(), incoming: z.string() })),
});

const recordOf = (folder: string) => path.join(folder, "waiting.json");

/** A database of a server as it is reached, without a password. */
function targetOf({ connectionString }: ConnectionOptions): string {
  return connectionString === undefined ? "" : redactUrl(connectionString);
}

/** Lays them aside durably, before the rows that they belong to are committed. What is in use is not touched. */
export async function leaveWaiting(
  { root, waiting }: RestorePlaces,
  holdId: string,
  coming: {
    readonly files: readonly IncomingFile[];
    readonly source: string;
    readonly session: ConnectionOptions;
    readonly now: Date;
  },
): Promise<void> {
  await makePrivateDirectory(waiting);
  for (const { place } of coming.files) await refuseUnmovable(place, waiting);
  const folder = path.join(waiting, holdId);
  await mkdir(folder, { mode: 0o700 });
  const files: { place: string; incoming: string }[] = [];
  for (const { place, incoming } of coming.files) {
    if (incoming === null) continue;
    const name = `${files.length + 1}-${path.basename(place)}`;
    await rename(incoming, path.join(folder, name));
    files.push({ place: path.relative(root, place), incoming: name });
  }
  const { source, session, now } = coming;
  const record = { version: 1, source, target: targetOf(session), since: now.toISOString(), files } as const;
  await writePrivateFile(recordOf(folder), `${JSON.stringify(record satisfies z.infer<typeof waitingFiles>)}\n`);
  for (const directory of [folder, waiting, path.dirname(waiting)]) await flushDirectory(directory);
}

interface Settling {
  readonly paths: InstancePaths;
  readonly places: RestorePlaces;
  readonly session: ConnectionOptions;
  readonly executor: Executor;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Puts in place what waits for the rows of the database that is open, and keeps what stood there: a key beside the key file,
 * where the database that expects it finds it, and the rest in `restore/replaced` for 7 days. To be called at each opening, before
 * settings and key are looked at: the restore may have been cut off after its rows were committed. What waits for rows that never
 * came, or whose database was not opened for 7 days, is removed. Answers where it keeps what made way.
 */
export async function settleServerFiles(settling: Settling): Promise<KeptAside[]> {
  const { places, session, executor, clock, log } = settling;
  const kept: KeptAside[] = [];
  const newest = await newestHold(executor);
  for (const holdId of await entriesOf(places.waiting)) {
    const folder = path.join(places.waiting, holdId);
    const text = await readIfThere(recordOf(folder));
    const found = text === null ? null : parse(text);
    if (found === "unknown") {
      log.warn({ folder }, "what waits for the rows of a restore cannot be read and is left alone");
      continue;
    }
    if (found !== null && holdId === newest) {
      kept.push(...(await putInPlace(settling, folder, found)));
      log.info({ source: found.source }, "what came with a restored database was put in place");
    } else if (found !== null) {
      // It may belong to a database that is opened again.
      if (found.target !== targetOf(session) && new Date(found.since) > before(clock.now())) continue;
      log.warn(
        { source: found.source },
        "what came with rows that never came, or were not opened for 7 days, is removed",
      );
    }
    await removeTree(folder, log);
  }
  return kept;
}

/** A later version of the app may have written it. */
function parse(text: string): z.infer<typeof waitingFiles> | "unknown" {
  try {
    return waitingFiles.parse(JSON.parse(text));
  } catch {
    return "unknown";
  }
}

/** Removes what was kept of files for longer than it is promised. */
export async function tidyReplaced({ replaced }: RestorePlaces, now: Date, log: Log): Promise<void> {
  for (const name of await entriesOf(replaced)) {
    if (name < keptName(before(now))) await removeTree(path.join(replaced, name), log);
  }
}

const KEPT_MS = KEPT_DAYS * 86_400_000;
const before = (now: Date) => new Date(now.getTime() - KEPT_MS);

async function putInPlace(
  { paths, places, clock, log }: Settling,
  folder: string,
  { source, files }: z.infer<typeof waitingFiles>,
): Promise<KeptAside[]> {
  const now = clock.now();
  const coming: IncomingFile[] = [];
  for (const { place, incoming } of files) {
    // Where it is gone from here, a restore that was cut off has put it in place.
    const entry = path.join(folder, incoming);
    if (await isThere(entry)) coming.push({ place: path.resolve(places.root, place), incoming: entry });
  }
  if (coming.length === 0) return [];
  const kept = path.join(places.replaced, keptName(now));
  const aside = new Map([[paths.masterKey, asideOf(paths.masterKey, now)]]);
  try {
    // Where nothing can be kept, nothing is decided.
    await makePrivateDirectory(kept);
    const keyOfEnv = coming.some(({ place }) => place === paths.envFile) ? await keepKeyOfEnv(paths) : null;
    const decided = await planFiles(places, coming, { kept, aside });
    await move(places, decided, log);
    const outgoing = decided.moves.flatMap((one) =>
      one.outgoing === null ? [] : [path.resolve(places.root, one.outgoing)],
    );
    const keys = [
      ...outgoing.filter((entry) => path.dirname(entry) === paths.secrets),
      ...(keyOfEnv === null ? [] : [keyOfEnv]),
    ];
    return [
      ...(outgoing.some((entry) => entry.startsWith(kept + path.sep))
        ? [{ path: kept, until: new Date(now.getTime() + KEPT_MS).toISOString() }]
        : []),
      ...keys.map((entry) => ({ path: entry, until: null })),
    ];
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    throw new Refusal(
      refusal.code,
      `The rows of ${source} are in the database, but its files, settings and key were not put in place. ${refusal.message}`,
      {
        ...refusal.data,
        next: `${refusal.data.next ?? "Correct that, and start again."} They wait in ${folder}: without that folder, the app starts without them.`,
      },
      error,
    );
  }
}

/**
 * A key that stands in the `.env` which is replaced opens a database that stays, so that it must not go with what is kept for
 * 7 days: it is put beside the key file, as a key of that place is. Answers where it is; null where there is none.
 */
async function keepKeyOfEnv({ envFile, masterKey, secrets }: InstancePaths): Promise<string | null> {
  const key = parseMasterKey(parseDotenv((await readIfThere(envFile)) ?? "").get("PAPERCLIP_SECRETS_MASTER_KEY") ?? "");
  const aside = asideOf(masterKey, `env-${key?.id}`);
  if (key === null) return null;
  if (await isThere(aside)) return aside;
  await makePrivateDirectory(secrets);
  await writeKeyFile(aside, key);
  await flushDirectory(secrets);
  return aside;
}

/** Carries it out, or puts back what stood there. */
async function move(places: RestorePlaces, decided: Intent, log: Log): Promise<void> {
  try {
    await writeIntent(places, decided);
    await finishIntent(places, log);
  } catch (error) {
    log.error({ error }, "what came with a restored database was not put in place; what stood there is put back");
    await writeIntent(places, reverse(decided));
    await finishIntent(places, log);
    throw error;
  }
}
