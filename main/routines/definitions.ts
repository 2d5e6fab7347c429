import { and, asc, eq, ne } from "drizzle-orm";
import type { DefinitionFormat } from "../../preload/contract/definitions.ts";
import type { Env, EnvInput } from "../../preload/contract/environment.ts";
import type { Snapshot } from "../../preload/contract/routines.ts";
import { judgePlainValue } from "../../preload/rules/credentials.ts";
import type { Executor } from "../database/database.ts";
import { routines, routineTriggers } from "../database/schema/routines.ts";
import { namesOf } from "./revisions.ts";
import { findRoutine } from "./lookup.ts";
import { printDefinitions, WITHHELD } from "./definition-file.ts";
import { type RoutineRow, snapshotOf } from "./snapshot.ts";
import { triggerDefinition } from "./trigger-definitions.ts";
import { triggerSnapshots } from "./trigger-snapshots.ts";

export interface ExportedFile {
  readonly format: DefinitionFormat;
  readonly name: string;
  readonly text: string;
  readonly count: number;
  readonly notes: string[];
}

/**
 * Routines of a company as a file: those that are named, or all that are not archived. Secrets are named by their keys, and a
 * plain value that looks like a credential is withheld. Refuses `routine_missing`.
 */
export async function exportDefinitions(
  executor: Executor,
  companyId: string,
  input: { readonly routines?: readonly string[] | undefined; readonly format: DefinitionFormat },
): Promise<ExportedFile> {
  const rows = await chosenRoutines(executor, companyId, input.routines);
  const exported = [];
  for (const row of rows) exported.push(await definitionOf(executor, row));
  const [only] = rows;
  return {
    format: input.format,
    name: `${rows.length === 1 && only ? fileName(only.title) : "routines"}.${input.format}`,
    text: printDefinitions(
      exported.map(({ definition }) => definition),
      input.format,
    ),
    count: rows.length,
    notes: exported.flatMap(({ notes }) => notes),
  };
}

async function chosenRoutines(
  executor: Executor,
  companyId: string,
  references: readonly string[] | undefined,
): Promise<RoutineRow[]> {
  if (references === undefined) {
    return executor
      .select()
      .from(routines)
      .where(and(eq(routines.companyId, companyId), ne(routines.status, "archived")))
      .orderBy(asc(routines.title), asc(routines.id));
  }
  const rows = new Map<string, RoutineRow>();
  for (const reference of references) {
    const row = await findRoutine(executor, companyId, reference);
    rows.set(row.id, row);
  }
  return [...rows.values()];
}

/** Letters, digits and dashes, so that it is a name on every system. */
function fileName(title: string): string {
  const plain = title
    .normalize("NFKD")
    .toLowerCase()
    .replaceAll(/[^a-z0-9]+/g, "-")
    .replaceAll(/^-+|-+$/g, "");
  return plain.slice(0, 80) || "routine";
}

/** A routine as a file holds it: every field, so that reading it gives the same routine. */
async function definitionOf(executor: Executor, row: RoutineRow) {
  const snapshot = snapshotOf(row, await triggerSnapshots(executor, row.id));
  const names = await namesOf(executor, row.companyId, [snapshot]);
  const { env, notes } = envOf(snapshot, names.secrets);
  const triggers = await triggersOf(executor, row, snapshot);
  const { title, instructions, priority, concurrencyPolicy, catchUpPolicy, variables, retry, limits } = snapshot;
  const named = (id: string | null, known: ReadonlyMap<string, string>) =>
    id === null ? null : (known.get(id) ?? null);
  return {
    definition: {
      title,
      agent: named(snapshot.agentId, names.agents),
      project: named(snapshot.projectId, names.projects),
      instructions,
      priority,
      concurrencyPolicy,
      catchUpPolicy,
      retry,
      limits,
      variables,
      env,
      triggers,
    },
    notes: [
      ...notes,
      ...(triggers.some(({ kind }) => kind === "webhook")
        ? ["the address and the signing key of its webhook are left out; it gets others where it is imported."]
        : []),
    ].map((note) => `${title}: ${note}`),
  };
}

type FileEnv = Record<string, EnvInput[string] | typeof WITHHELD>;

function envOf({ env }: Snapshot, secretKeys: ReadonlyMap<string, string>): { env: FileEnv; notes: string[] } {
  const notes: string[] = [];
  const entries = Object.entries(env).flatMap(([key, binding]): [string, FileEnv[string]][] => {
    if (binding.type === "plain") {
      if (judgePlainValue(key, binding.value)?.verdict !== "refuse") return [[key, binding]];
      notes.push(`${key} is withheld: its plain value looks like a credential.`);
      return [[key, WITHHELD]];
    }
    const secret = secretKeys.get(binding.secretId);
    if (secret === undefined) {
      notes.push(`${key} is left out: its secret does not exist any more.`);
      return [];
    }
    return [[key, { type: "secret_ref", secret, version: binding.version }]];
  });
  return { env: Object.fromEntries(entries), notes };
}

async function triggersOf(executor: Executor, row: RoutineRow, { triggers }: Snapshot) {
  const switches = await executor
    .select({ id: routineTriggers.id, enabled: routineTriggers.enabled })
    .from(routineTriggers)
    .where(eq(routineTriggers.routineId, row.id));
  const on = new Set(switches.filter(({ enabled }) => enabled).map(({ id }) => id));
  const given = triggers.map((trigger) => triggerDefinition(trigger, on.has(trigger.id)));
  // In an order of their own, so that the same routine gives the same file wherever it is.
  return given.toSorted((a, b) => (JSON.stringify(a) < JSON.stringify(b) ? -1 : 1));
}

/** The env that a file means for a routine: what it withholds stays what the routine has. */
export function envWithKept(env: EnvInput | undefined, withheld: readonly string[], before: Env): EnvInput | undefined {
  if (withheld.length === 0) return env;
  const kept = withheld.flatMap((key): [string, EnvInput[string]][] => {
    const binding = before[key];
    return binding?.type === "plain" ? [[key, binding]] : [];
  });
  return { ...env, ...Object.fromEntries(kept) };
}
