import path from "node:path";
import { type KeptState as ShownKept, replacedPart, type ReplacedPart } from "../../../preload/contract/restore.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { readConfig } from "../../instance/config.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import { ROOTS } from "../full/format.ts";
import type { BuildOptions } from "./build.ts";
import { decideOn, finishIntent, type Intent, writeIntent } from "./intent.ts";
import { isThere, removeUnfinished, shownKept } from "./places.ts";
import { type IncomingFile, planSwap, reverse, type SwapPlan } from "./plan.ts";
import type { RestoreServices } from "./services.ts";
import type { Doing } from "./turn.ts";

/** Files that go with a database and that a restore does not replace: they are kept as they are now. */
export function smallFiles({ paths }: Pick<RestoreServices, "paths">, replaced: readonly IncomingFile[]): string[] {
  const headsInUse = path.join(paths.secrets, "audit-heads.json");
  return [paths.masterKey, headsInUse].filter((entry) => !replaced.some(({ place }) => place === entry));
}

/** What a swap replaces, as people name it. Which events were seen of a database goes with it. */
function replacedParts(
  paths: InstancePaths,
  { database, files }: Pick<SwapPlan, "database" | "files">,
): ReplacedPart[] {
  const places = new Set(files.map(({ place }) => place));
  const found = {
    database: database !== null,
    key: places.has(paths.masterKey),
    settings: places.has(paths.config) || places.has(paths.envFile),
    files: ROOTS.some((root) => places.has(path.join(paths.root, root))),
  };
  return replacedPart.options.filter((part) => found[part]);
}

/** What a swap is done with. */
type Swapping = Pick<RestoreServices, "stage" | "places" | "paths" | "log">;

/** What is needed to make a database ready beside the one in use. */
export function buildOptions(services: RestoreServices, ring: KeyRing, now: Date, signal: AbortSignal): BuildOptions {
  const { paths, places, migrations, log, processEnv, embedded } = services;
  return { paths, places, migrations, ring, now, signal, log, processEnv, ...(embedded ? { embedded } : {}) };
}

/**
 * What is done beside the instance while it can only be read, or while it is closed, where it cannot be opened: its database
 * may be damaged. Where that fails, it goes on as before.
 */
export async function whileReadOnly<Answer>(services: RestoreServices, task: () => Promise<Answer>): Promise<Answer> {
  const { stage, log } = services;
  const wasOpen = stage.live() !== null;
  if (wasOpen) {
    await stage
      .open({ readOnly: true })
      .catch((error: unknown) => log.warn({ error }, "what is in use cannot be read while it is restored"));
  }
  try {
    return await task();
  } catch (error) {
    await goOn(services, wasOpen);
    throw error;
  }
}

/**
 * Opens what is in use again after something failed, and removes what was made ready beside it. Where that fails too, it is in
 * the log, and whoever calls is refused with the reason: what failed first is what is told.
 */
export async function goOn(services: Swapping, open = true): Promise<void> {
  const { stage, log } = services;
  await clearUp(services);
  if (!open) return;
  await stage
    .open({ readOnly: false })
    .catch((error: unknown) => log.error({ error }, "what was in use could not be opened again"));
}

async function clearUp({ places, log }: Swapping): Promise<void> {
  await removeUnfinished(places, log).catch((error: unknown) =>
    log.error({ error }, "what was made ready could not be removed"),
  );
}

/**
 * From here on it is carried out, or the earlier state is put back whole. Where neither can be done, such as on a disk that is full,
 * the instance is closed with the reason, and what was decided is carried out before it is opened again. Answers what is kept
 * of it.
 */
export async function swap(
  services: Swapping,
  show: Doing["show"],
  plan: Omit<SwapPlan, "notes">,
): Promise<ShownKept | null> {
  const { stage, places, log } = services;
  show({ phase: "swapping", done: 0, cancellable: false });
  const decided = await decide(services, plan);
  try {
    await finishIntent(places, log);
    show({ phase: "starting", done: 0 });
    await stage.open({ readOnly: false });
  } catch (error) {
    log.error({ error }, "what was restored could not be opened; what was in use before is put back");
    throw await putBack(services, decided, error);
  }
  await clearUp(services);
  const { keep } = decided;
  return keep === null || keep.database === null ? null : shownKept(places, keep);
}

async function decide(services: Swapping, plan: Omit<SwapPlan, "notes">): Promise<Intent> {
  const { stage, places, paths } = services;
  try {
    await stage.close();
    const { custody } = (await readConfig(paths)).secrets;
    const decided = await planSwap(places, { ...plan, notes: { custody, replaced: replacedParts(paths, plan) } });
    await decideOn(places, decided);
    return decided;
  } catch (error) {
    await goOn(services);
    throw error;
  }
}

/** Answers with what is told of it. */
async function putBack(services: Swapping, decided: Intent, why: unknown): Promise<unknown> {
  const { stage, places, log } = services;
  try {
    await stage.close();
    await writeIntent(places, reverse(decided));
    await finishIntent(places, log);
  } catch (error) {
    log.error({ error }, "what was in use before could not be put back");
    const refusal = leftBetween(error);
    await stage.close(refusal);
    return refusal;
  }
  await goOn(services);
  return notOpened(why);
}

/** An earlier swap that was neither finished nor taken back stands in the way of all else: it is carried out first, and told. */
export async function finishEarlier(services: Swapping): Promise<void> {
  const { stage, places } = services;
  if (!(await isThere(places.intent))) return;
  await stage.open({ readOnly: false }).catch(async (error: unknown) => {
    if (await isThere(places.intent)) throw error;
  });
  await clearUp(services);
  throw new Refusal(
    "restore_running",
    "Nothing was done: an earlier restore or undo had been cut off, and was only now finished or taken back.",
    { next: "Look at what is in use, then try again." },
  );
}

function leftBetween(error: unknown): Refusal {
  const refusal = asRefusal(error);
  const because = refusal === null ? "" : ` ${refusal.message}`;
  return new Refusal(
    refusal?.code ?? "database_unavailable",
    `The swap was neither finished nor taken back, and the instance stays closed until it is.${because}`,
    {
      ...refusal?.data,
      next: `${refusal?.data.next ?? "See logs/ in the instance folder."} Then start the app again: it carries out first what was decided.`,
    },
    error,
  );
}

function notOpened(error: unknown): unknown {
  const refusal = asRefusal(error);
  if (!refusal) return error;
  return new Refusal(
    refusal.code,
    `What was restored could not be opened, and what was in use before was put back. ${refusal.message}`,
    refusal.data,
    error,
  );
}
