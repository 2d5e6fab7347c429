import type { Env, EnvInput, Layer } from "../../preload/contract/environment.ts";
import type { ImportAnswer, ImportRow } from "../../preload/contract/inline-secrets.ts";
import { judgePlainValue, secretKeyFor, whyNotSealable } from "../../preload/rules/credentials.ts";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { type DotenvEntry, parseDotenv } from "../environment/dotenv.ts";
import { normaliseEnv } from "../environment/env-input.ts";
import { judgeName, nameIdentity } from "../environment/names.ts";
import { OPERATOR } from "../record/activity.ts";
import { type Consumer, findConsumer, lockConsumer, saveConsumerEnv } from "./consumers.ts";
import { knownSecrets, plannedAnew, sealAll, type SealServices, whoseKey } from "./inline-migration.ts";
import { consumerKey, type KnownSecrets, type Place, sealingPlan } from "./sealing-plan.ts";

export interface ImportInput {
  readonly companyId: string;
  readonly layer: Layer;
  /** Id, name or title of whose env it goes into. */
  readonly target: string;
  /** The text of a .env file. */
  readonly text: string;
  readonly allSecret?: boolean | undefined;
  readonly secret?: readonly string[] | undefined;
  readonly plain?: readonly string[] | undefined;
  readonly leaveOut?: readonly string[] | undefined;
  readonly replace?: boolean | readonly string[] | undefined;
}

/** As many as the contract lets an env have. */
const MOST_KEYS = 500;

/** What importing the file would do, row by row. Changes nothing. Refuses a file that it does not understand. */
export async function previewImport(services: SealServices, input: ImportInput): Promise<ImportAnswer> {
  const { orm } = services.database;
  const file = read(input);
  const consumer = await findConsumer(orm, input.companyId, input.layer, input.target);
  const rows = await plannedRows(orm, services, input, consumer, file.entries);
  return answerOf(consumer, rows, file.notes, false);
}

/**
 * Imports the file in one transaction: secrets, env, bindings, and a revision where it is a routine. Keys in conflict and
 * those that are refused stay out. Imported twice it changes nothing. The file itself is never touched.
 */
export async function importEnvFile(services: SealServices, input: ImportInput): Promise<ImportAnswer> {
  const { orm } = services.database;
  const { companyId } = input;
  const file = read(input);
  const listed = await findConsumer(orm, companyId, input.layer, input.target);
  const once = () =>
    orm.transaction(async (tx) => {
      const consumer = (await lockConsumer(tx, companyId, listed)) ?? listed;
      const rows = await plannedRows(tx, services, input, consumer, file.entries);
      const changing = rows.filter(({ row }) => CHANGES.has(row.outcome));
      const references = await sealAll(tx, services, companyId, changing);
      const env = { ...plainEnv(consumer, rows), ...references };
      if (changing.length > 0) await save(tx, services, companyId, consumer, env, changing.length);
      return answerOf(consumer, rows, file.notes, true);
    });
  return plannedAnew(once);
}

/** The env as it will be, but for the keys whose values become secrets. */
function plainEnv({ env }: Consumer, rows: readonly Planned[]): Env {
  const changing = rows.filter(({ row }) => CHANGES.has(row.outcome));
  const plain = changing.flatMap(({ key, value, row }): [string, Env[string]][] =>
    row.outcome === "plain" ? [[key, { type: "plain", value }]] : [],
  );
  return { ...without(env, changing), ...Object.fromEntries(plain) };
}

const CHANGES: ReadonlySet<ImportRow["outcome"]> = new Set(["new_secret", "existing_secret", "plain"]);

function save(
  tx: Executor,
  { clock, strictMode }: SealServices,
  companyId: string,
  consumer: Consumer,
  env: EnvInput,
  count: number,
): Promise<void> {
  return saveConsumerEnv(tx, consumer, {
    companyId,
    env,
    strict: strictMode(),
    actor: OPERATOR,
    now: clock.now(),
    changeSummary: `Imported ${count === 1 ? "1 key" : `${count} keys`} from a .env file`,
  });
}

function tooMany({ layer, name }: Consumer): Refusal {
  return new Refusal("invalid_input", `The file was not imported: the ${layer} "${name}" would have too many keys.`, {
    next: `An env has at most ${MOST_KEYS} keys. Leave some out of the file.`,
    fields: { text: `makes more than ${MOST_KEYS} keys` },
  });
}

/** The entries of the file, or a refusal that names each line which means nothing; never what stands there. */
function read({ text }: ImportInput): { entries: readonly DotenvEntry[]; notes: string[] } {
  const { entries, notes, problems } = parseDotenv(text);
  const [first] = problems;
  if (first) {
    const more = problems.length > 1 ? ` ${problems.length - 1} further lines are not understood either.` : "";
    throw new Refusal("invalid_input", `The file was not imported: line ${first.line}: ${first.message}${more}`, {
      next: "Mend the file there: each line is KEY=value, a comment, or blank.",
      fields: Object.fromEntries(problems.slice(0, 100).map(({ line, message }) => [`text.${line}`, message])),
      details: { line: first.line },
    });
  }
  return { entries, notes: notes.map(({ line, message }) => `Line ${line}: ${message}`) };
}

/** A row with what it is made of. Values stay in this process. */
interface Planned {
  readonly key: string;
  readonly value: string;
  readonly place: Place | null;
  readonly row: ImportRow;
}

/** What becomes of each key, so that saving it cannot refuse: a key that would not be saved is refused by itself. */
async function plannedRows(
  executor: Executor,
  services: SealServices,
  input: ImportInput,
  consumer: Consumer,
  entries: readonly DotenvEntry[],
): Promise<Planned[]> {
  let rows = await judgedRows(executor, services, input, consumer, entries);
  for (let refused = true; refused;) {
    const messages = await unsavable(executor, input.companyId, consumer, rows);
    refused = messages.size > 0;
    rows = rows.map((planned) => {
      const why = messages.get(planned.key);
      if (why === undefined) return planned;
      return { ...planned, place: null, row: { ...planned.row, outcome: "refused", plainAllowed: false, why } };
    });
  }
  const count = new Set([
    ...Object.keys(plainEnv(consumer, rows)),
    ...rows.flatMap(({ key, place, row }) => (place !== null && CHANGES.has(row.outcome) ? [key] : [])),
  ]).size;
  if (count > MOST_KEYS) throw tooMany(consumer);
  return rows;
}

/** Why keys of the file would not be saved as they are, by key. What is not of the file refuses the whole. */
async function unsavable(
  executor: Executor,
  companyId: string,
  consumer: Consumer,
  rows: readonly Planned[],
): Promise<ReadonlyMap<string, string>> {
  const { layer, env: before } = consumer;
  if (!rows.some(({ row }) => CHANGES.has(row.outcome))) return new Map();
  try {
    await normaliseEnv(executor, companyId, layer, plainEnv(consumer, rows), { strict: false, before });
    return new Map();
  } catch (error) {
    const fields = asRefusal(error)?.data.fields ?? {};
    const plain = rows.filter(({ row }) => row.outcome === "plain");
    const found = plain.flatMap(({ key }): [string, string][] => {
      const message = fields[`env.${key.slice(0, 200)}`];
      return message === undefined ? [] : [[key, message]];
    });
    if (found.length === 0) throw error;
    return new Map(found);
  }
}

async function judgedRows(
  executor: Executor,
  services: SealServices,
  input: ImportInput,
  consumer: Consumer,
  entries: readonly DotenvEntry[],
): Promise<Planned[]> {
  const known = await knownSecrets(executor, services, input.companyId, entries);
  const plan = sealingPlan(known);
  const choice = { input, consumer, known, strict: services.strictMode(), platform: process.platform };
  return entries.map(({ key, value, line }) => {
    const verdict = judge(choice, key, value);
    const own = secretKeyFor(key);
    const place =
      verdict.outcome === "secret" ? plan(value, [own, consumerKey(whoseKey(consumer), own)]) : verdict.place;
    const sealed = place?.isNew ? "new_secret" : "existing_secret";
    const row: ImportRow = {
      key,
      line,
      outcome: verdict.outcome === "secret" ? sealed : verdict.outcome,
      secretKey: place?.key ?? null,
      replaces: verdict.replaces,
      sealable: whyNotSealable(value) === null,
      plainAllowed: whyNotPlain(choice, key, value) === null,
      why: verdict.why,
    };
    return { key, value, place, row };
  });
}

interface Choice {
  readonly input: ImportInput;
  readonly consumer: Consumer;
  readonly known: KnownSecrets;
  readonly strict: boolean;
  readonly platform: NodeJS.Platform;
}

interface Verdict {
  readonly outcome: "secret" | Exclude<ImportRow["outcome"], "new_secret" | "existing_secret">;
  readonly place: Place | null;
  readonly replaces: boolean;
  readonly why: string | null;
}

function judge(choice: Choice, key: string, value: string): Verdict {
  const { input, consumer } = choice;
  const verdict = (outcome: Verdict["outcome"], why: string | null, more: Partial<Verdict> = {}): Verdict => ({
    outcome,
    place: null,
    replaces: false,
    why,
    ...more,
  });
  if (input.leaveOut?.includes(key) === true) return verdict("left_out", null);
  const name = judgeName(key, choice.platform);
  if (name) return verdict("refused", name.message);
  const kind = kindOf(choice, key, value);
  if (kind.refused !== null) return verdict("refused", kind.refused);
  const there = bindingUnder(consumer.env, key, choice.platform);
  if (there === null) return verdict(kind.secret ? "secret" : "plain", kind.why);
  if (there.name === key) {
    if (there.binding.type === "plain" && !kind.secret && there.binding.value === value) {
      return verdict("unchanged", null);
    }
    const bound = boundEqual(choice.known, there.binding, value);
    if (bound) return verdict("unchanged", null, { place: { secretId: bound.id, key: bound.key, isNew: false } });
  }
  // A credential that stands there in clear is sealed and not another one.
  const seals = there.name === key && there.binding.type === "plain" && kind.secret && there.binding.value === value;
  if (!seals && input.replace !== true && !(Array.isArray(input.replace) && input.replace.includes(key))) {
    return verdict(
      "conflict",
      `The ${consumer.layer} has another value under ${there.name}; it stays unless it is to be replaced.`,
    );
  }
  return verdict(kind.secret ? "secret" : "plain", kind.why, { replaces: true });
}

/** Whether a value becomes a secret, and why; or why it can be neither. */
function kindOf(
  choice: Choice,
  key: string,
  value: string,
): { readonly secret: boolean; readonly why: string | null; readonly refused: string | null } {
  const { input, known } = choice;
  const sign = judgePlainValue(key, value);
  const unfit = whyNotSealable(value);
  const staysPlain = input.plain?.includes(key) === true;
  // What is a secret already is not put beside it in clear.
  const isSecret = !staysPlain && known.equal.has(value);
  const asked = !staysPlain && (input.allSecret === true || input.secret?.includes(key) === true);
  if (!staysPlain && unfit === null && (asked || isSecret || sign !== null)) {
    return { secret: true, why: sign?.why ?? null, refused: null };
  }
  return { secret: false, why: sign?.why ?? null, refused: whyNotPlain(choice, key, value) };
}

/** Why strict mode does not let a value stand in clear, or null. */
function whyNotPlain({ input, strict }: Choice, key: string, value: string): string | null {
  const sign = strict ? judgePlainValue(key, value) : null;
  if (sign?.verdict !== "refuse") return null;
  const unfit = whyNotSealable(value);
  const asked = input.plain?.includes(key) === true || unfit === null;
  return `${asked ? "a credential is not saved in clear." : `it cannot be sealed: ${unfit}.`} ${sign.why}`;
}

function bindingUnder(env: Env, key: string, platform: NodeJS.Platform): { name: string; binding: Env[string] } | null {
  const identity = nameIdentity(key, platform);
  const found = Object.entries(env).find(([name]) => nameIdentity(name, platform) === identity);
  return found ? { name: found[0], binding: found[1] } : null;
}

/** The secret that the key refers to already, where it holds this very value. */
function boundEqual({ equal }: KnownSecrets, binding: Env[string], value: string) {
  if (binding.type === "plain") return null;
  const { secretId, version } = binding;
  const found = equal.get(value)?.find(({ id }) => id === secretId);
  return found && (version === "latest" || version === found.latestVersion) ? found : null;
}

/** The env without the keys that change, in whatever spelling the system takes for the same. */
function without(env: Env, changing: readonly { readonly key: string }[]): Env {
  const gone = new Set(changing.map(({ key }) => nameIdentity(key, process.platform)));
  return Object.fromEntries(Object.entries(env).filter(([name]) => !gone.has(nameIdentity(name, process.platform))));
}

function answerOf(
  { layer, id, name }: Consumer,
  planned: readonly Planned[],
  fileNotes: readonly string[],
  applied: boolean,
): ImportAnswer {
  const rows = planned.map(({ row }) => row);
  const has = (...outcomes: ImportRow["outcome"][]) => rows.some(({ outcome }) => outcomes.includes(outcome));
  const notes = [
    ...fileNotes,
    ...(has("conflict") ? ["Keys in conflict keep what the env has, unless they are to be replaced."] : []),
    ...(has("refused") ? ["Refused keys are left out."] : []),
    ...(rows.length === 0 ? ["The file holds no key."] : []),
    ...(applied && has("new_secret", "existing_secret", "unchanged")
      ? ["The file still holds the values in clear: delete it, and its copies, once everything works."]
      : []),
  ];
  return { applied, layer, targetId: id, targetName: name, rows, notes };
}
