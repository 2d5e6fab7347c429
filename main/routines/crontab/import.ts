import { homedir } from "node:os";
import type { DefinitionRow, DefinitionsImport } from "../../../preload/contract/definitions.ts";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import type { RoutineInput } from "../../../preload/contract/routines.ts";
import { judgePlainValue, secretKeyFor, whyNotSealable } from "../../../preload/rules/credentials.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { Executor } from "../../database/database.ts";
import { canonicalJson } from "../../environment/hash.ts";
import { OPERATOR } from "../../record/activity.ts";
import { adapterOf } from "../../work/adapters/registry.ts";
import { createAgent, listAgents } from "../../work/agents.ts";
import type { FileEntry } from "../definition-file.ts";
import { importIn, type ImportWork, requireAllTaken } from "../definitions-import.ts";
import { knownSecrets, plannedAnew, sealAll, type SealServices } from "../inline-migration.ts";
import { type Place, sealingPlan } from "../sealing-plan.ts";
import { type CronJob, type Crontab, type CronVariable, parseCrontab } from "./parse.ts";

export interface CrontabInput {
  readonly companyId: string;
  readonly text: string;
  /** Of jobs that `CRON_TZ` names no zone for. */
  readonly zone: string;
  /** The name of the agent that hands each command to a shell. */
  readonly agent: string;
  /** Routines start at once, and not paused. */
  readonly active: boolean;
  /** Keys whose values stay plain by choice, although they look like credentials. */
  readonly plain: readonly string[];
  readonly skipRefused: boolean;
  readonly preview: boolean;
}

/** Where a variable that looks like a credential goes. */
interface SealedVariable extends CronVariable {
  readonly place: Place;
}

const USUAL_SHELL = "/bin/sh";

class Seen extends Error {}

/**
 * Imports a user's crontab: each job becomes a routine whose instructions are its command, done by an agent that hands them to
 * a shell as one argument. Variables become the env of each job below them; what looks like a credential becomes a secret.
 * One transaction; a preview undoes it. Imported twice it changes nothing. The crontab itself is never touched.
 */
export async function importCrontab(services: SealServices, input: CrontabInput): Promise<DefinitionsImport> {
  const crontab = parseCrontab(input.text);
  let answer: DefinitionsImport | null = null;
  const once = () =>
    services.database.orm.transaction(async (tx) => {
      answer = await importedIn(tx, services, input, crontab);
      if (input.preview) throw new Seen();
      requireAllTaken(answer.rows, input.skipRefused);
    });
  try {
    await plannedAnew(once);
  } catch (error) {
    if (!(error instanceof Seen)) throw error;
  }
  if (answer === null) throw new Error("an import answers with its rows");
  return answer;
}

async function importedIn(
  tx: Executor,
  services: SealServices,
  input: CrontabInput,
  crontab: Crontab,
): Promise<DefinitionsImport> {
  const { companyId, preview } = input;
  const sealed = await sealedVariables(tx, services, input, crontab.jobs);
  // A preview makes no secret, and so no key of a vault that has none yet.
  const placed = preview ? sealed.filter(({ place }) => place.secretId !== null) : sealed;
  const references = await referencesOf(tx, services, companyId, placed);
  const agents = await agentsFor(tx, input, crontab.jobs);
  const entries = crontab.jobs.map((job) => entryOf(job, input, { sealed, references, agents: agents.names }));
  const work: ImportWork = {
    companyId,
    actor: OPERATOR,
    now: services.clock.now(),
    strict: services.strictMode(),
    paused: !input.active,
    skipRefused: input.skipRefused,
    preview,
    changeSummary: "Imported from a crontab",
  };
  const rows = await importIn(tx, entries, work);
  return {
    applied: !preview,
    rows,
    left: [...crontab.left],
    notes: [
      ...crontab.notes,
      ...sealed.map(
        ({ line, key, place }) =>
          `Line ${line}: ${key} looks like a credential and becomes the secret ${place.key}${place.isNew ? "" : ", which holds this value"}.`,
      ),
      ...credentialNotes(crontab.jobs),
      ...agents.notes,
      ...zoneNotes(crontab.jobs, input.zone),
      ...lastNotes(rows, input),
    ],
  };
}

/** Each value that looks like a credential once, with the secret that it becomes. */
async function sealedVariables(
  tx: Executor,
  services: SealServices,
  { companyId, plain }: CrontabInput,
  jobs: readonly CronJob[],
): Promise<SealedVariable[]> {
  const all = new Map(jobs.flatMap(({ env }) => env).map((variable) => [variable.line, variable]));
  const meant = [...all.values()].filter(
    ({ key, value }) =>
      !plain.includes(key) && judgePlainValue(key, value)?.verdict === "refuse" && whyNotSealable(value) === null,
  );
  if (meant.length === 0) return [];
  const plan = sealingPlan(await knownSecrets(tx, services, companyId, meant));
  return meant.map(({ line, key, value }) => ({ line, key, value, place: plan(value, [secretKeyFor(key)]) }));
}

/** The binding of each sealed variable, by its line. */
async function referencesOf(
  tx: Executor,
  services: SealServices,
  companyId: string,
  sealed: readonly SealedVariable[],
): Promise<ReadonlyMap<string, EnvInput[string]>> {
  const all = sealed.map(({ line, value, place }) => ({ key: String(line), value, place }));
  return new Map(Object.entries(await sealAll(tx, services, companyId, all)));
}

const shellOf = ({ shell }: CronJob): string => shell ?? USUAL_SHELL;

/** The agents that the jobs need: one for each shell. Refuses `name_taken` where the name is that of an agent that does something else. */
async function agentsFor(tx: Executor, { companyId, agent: base }: CrontabInput, jobs: readonly CronJob[]) {
  const names = new Map<string, string>();
  const notes: string[] = [];
  const there = await listAgents(tx, companyId);
  for (const shell of new Set(jobs.map(shellOf))) {
    const name = shell === USUAL_SHELL ? base : `${base} (${shell})`;
    const config = { command: [shell, "-c"], instructions: "argument" as const, cwd: homedir() };
    const known = there.find((one) => one.name.toLowerCase() === name.toLowerCase());
    const wanted = adapterOf("process").checkConfig(config);
    if (known === undefined) await createAgent(tx, companyId, { name, adapter: "process", config });
    else if (known.adapter !== "process" || canonicalJson(known.adapterConfig) !== canonicalJson(wanted)) {
      throw new Refusal(
        "name_taken",
        `The crontab was not imported: there is an agent ${JSON.stringify(name)} that does something else.`,
        {
          next: "Name another agent for its commands (`--agent NAME`).",
          fields: { agent: "is the name of an agent that does something else" },
        },
      );
    }
    names.set(shell, name);
    notes.push(
      `Commands are done by the agent ${name}${known === undefined ? ", which is new" : ""}: it starts ["${shell}", "-c", COMMAND] in ${homedir()}.`,
    );
  }
  return { names, notes };
}

interface Around {
  readonly sealed: readonly SealedVariable[];
  readonly references: ReadonlyMap<string, EnvInput[string]>;
  /** By shell. */
  readonly agents: ReadonlyMap<string, string>;
}

function entryOf(job: CronJob, input: CrontabInput, { sealed, references, agents }: Around): FileEntry {
  const env = job.env.flatMap(({ key, value, line }): [string, EnvInput[string]][] => {
    const reference = references.get(String(line));
    if (reference !== undefined) return [[key, reference]];
    // In a preview the secret is not there yet.
    return sealed.some((one) => one.line === line) ? [] : [[key, { type: "plain", value }]];
  });
  const routine: RoutineInput = {
    title: job.title,
    instructions: job.script,
    agent: agents.get(shellOf(job)) ?? null,
    env: Object.fromEntries(env),
    // Cron starts a job whether the one before it has ended or not.
    concurrencyPolicy: "always_enqueue",
    triggers: [{ kind: "schedule", expression: job.expression, zone: job.zone ?? input.zone, label: "cron" }],
  };
  return { title: job.title, line: job.line, problems: [], routine, withheld: [] };
}

/** A command is stored as it stands; what looks like a credential in it is only told. */
function credentialNotes(jobs: readonly CronJob[]): string[] {
  return jobs.flatMap(({ line, script }) => {
    const words = script.split(/[\s=]+/).map((word) => word.replaceAll(/^["']+|["']+$/g, ""));
    if (!words.some((word) => judgePlainValue("", word)?.verdict === "refuse")) return [];
    return [
      `Line ${line}: the command holds what looks like a credential. It is kept in clear in the instructions; hand it over as a secret in the env.`,
    ];
  });
}

function zoneNotes(jobs: readonly CronJob[], zone: string): string[] {
  return jobs.some((job) => job.zone === null) ? [`Where CRON_TZ says nothing, schedules go by ${zone}.`] : [];
}

function lastNotes(rows: readonly DefinitionRow[], { active }: CrontabInput): string[] {
  if (!rows.some(({ outcome }) => outcome === "added")) return [];
  return [
    active
      ? "The routines are active at once: take the jobs out of the crontab, or they run twice."
      : "The routines start paused: take the jobs out of the crontab, then resume them.",
  ];
}
