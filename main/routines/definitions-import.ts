import { and, eq, sql } from "drizzle-orm";
import type { DefinitionRow, DefinitionsImport } from "../../preload/contract/definitions.ts";
import type { Env } from "../../preload/contract/environment.ts";
import type { RoutineInput } from "../../preload/contract/routines.ts";
import { asRefusal, Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { findSecrets } from "../secrets/references.ts";
import { findAgent, findProject } from "../work/lookup.ts";
import { createRoutineIn, type NewRoutine, updateRoutineIn } from "./definition.ts";
import type { FileEntry } from "./definition-file.ts";
import { envWithKept } from "./definitions.ts";
import { routineRecordOf } from "./records.ts";
import { diffRevisions } from "./revisions.ts";
import type { RoutineRow } from "./snapshot.ts";
import { listTriggers } from "./triggers.ts";

export interface ImportWork extends Pick<NewRoutine, "actor" | "now" | "strict"> {
  readonly companyId: string;
  /** New routines start paused. */
  readonly paused: boolean;
  /** Imports the others where some are refused. */
  readonly skipRefused: boolean;
  /** Only says what would change. */
  readonly preview: boolean;
  /** What revisions say that it makes. */
  readonly changeSummary: string;
}

/** Ends a transaction that was only to see what would be. */
class Seen extends Error {}

/**
 * Imports routines of a file in one transaction: one whose title the company has is changed, any other is added. A preview
 * does the same and undoes it, so that it says exactly what would be. Where some are refused nothing is imported unless they
 * are skipped. Imported twice it changes nothing.
 */
export async function importDefinitions(
  database: Database,
  entries: readonly FileEntry[],
  work: ImportWork,
): Promise<DefinitionsImport> {
  let rows: DefinitionRow[] = [];
  try {
    await database.orm.transaction(async (tx) => {
      rows = await importIn(tx, entries, work);
      if (work.preview) throw new Seen();
      requireAllTaken(rows, work.skipRefused);
    });
  } catch (error) {
    if (!(error instanceof Seen)) throw error;
  }
  return { applied: !work.preview, rows, left: [], notes: [] };
}

/** The same in a transaction of the caller, which decides whether it stays. */
export async function importIn(
  tx: Executor,
  entries: readonly FileEntry[],
  work: ImportWork,
): Promise<DefinitionRow[]> {
  const rows: DefinitionRow[] = [];
  const titles = new Set<string>();
  for (const entry of entries) {
    const title = entry.title.toLowerCase();
    const reasons =
      titles.has(title) && entry.routine !== null ? ["Its title stands in the file twice."] : entry.problems;
    titles.add(title);
    rows.push(
      reasons.length > 0 || entry.routine === null
        ? refused(entry, reasons)
        : await one(tx, entry, entry.routine, work),
    );
  }
  return rows;
}

/** Refuses an import of which some routines are refused, unless they are skipped. */
export function requireAllTaken(rows: readonly DefinitionRow[], skipRefused: boolean): void {
  const left = rows.filter(({ outcome }) => outcome === "refused");
  const [first] = left;
  if (first === undefined || skipRefused) return;
  const more = left.length > 1 ? ` ${left.length - 1} more are refused too.` : "";
  throw new Refusal("invalid_input", `Nothing was imported: ${first.title}: ${first.reasons.join(" ")}${more}`, {
    next: "Mend the file, create what is missing, or skip what is refused (`--skip-refused`).",
    fields: { text: `${first.title}: ${first.reasons[0] ?? "is refused"}` },
  });
}

const refused = ({ title, line }: FileEntry, reasons: readonly string[]): DefinitionRow => ({
  title,
  line,
  outcome: "refused",
  routineId: null,
  diff: null,
  reasons: [...reasons],
  notes: [],
});

async function one(tx: Executor, entry: FileEntry, routine: RoutineInput, work: ImportWork): Promise<DefinitionRow> {
  try {
    // Its own savepoint: what a refused routine began is undone, and the others go on.
    return await tx.transaction(async (within) => {
      const there = await routinesNamed(within, work.companyId, entry.title);
      const [row, ...others] = there;
      const reasons = [
        ...(others.length > 0 ? [`${there.length} routines have this title.`] : []),
        ...(row?.status === "archived" ? ["The routine of this title is archived; resume it first."] : []),
        ...(await missing(within, work.companyId, routine)),
        ...withheldWithout(entry, row?.env ?? {}),
      ];
      if (reasons.length > 0) return refused(entry, reasons);
      const env = envWithKept(routine.env, entry.withheld, row?.env ?? {});
      const given = { ...routine, ...(env === undefined ? {} : { env }) };
      return row === undefined ? add(within, entry, given, work) : change(within, entry, given, row, work);
    });
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    return refused(entry, [refusal.message]);
  }
}

/** Those of a title, whatever the case; archived ones only where there is no other. */
async function routinesNamed(tx: Executor, companyId: string, title: string): Promise<RoutineRow[]> {
  const found = await tx
    .select()
    .from(routines)
    .where(and(eq(routines.companyId, companyId), sql`lower(${routines.title}) = lower(${title})`));
  const current = found.filter(({ status }) => status !== "archived");
  return current.length > 0 ? current : found;
}

/** All that a routine points at and the company does not have. */
async function missing(tx: Executor, companyId: string, { agent, project, env }: RoutineInput): Promise<string[]> {
  const wanted = Object.entries(env ?? {}).flatMap(([key, binding]) => {
    if (typeof binding === "string" || binding.type === "plain") return [];
    const reference =
      binding.secretId === undefined ? { secret: binding.secret ?? "" } : { secretId: binding.secretId };
    return [{ key, reference, name: binding.secret ?? binding.secretId ?? "" }];
  });
  const found =
    wanted.length === 0
      ? []
      : await findSecrets(
          tx,
          companyId,
          wanted.map(({ reference }) => reference),
        );
  const secrets = wanted.flatMap(({ key, name }, index) => {
    const secret = found[index] ?? null;
    if (secret?.companyId !== companyId)
      return [`${key} wants the secret ${JSON.stringify(name)}, which is not in this company.`];
    return secret.status === "deleted" ? [`${key} wants the secret ${JSON.stringify(name)}, which is deleted.`] : [];
  });
  return [
    ...(await refusalText(agent, (reference) => findAgent(tx, companyId, reference))),
    ...(await refusalText(project, (reference) => findProject(tx, companyId, reference))),
    ...secrets,
  ];
}

async function refusalText(
  reference: string | null | undefined,
  find: (reference: string) => Promise<unknown>,
): Promise<string[]> {
  if (reference === undefined || reference === null) return [];
  try {
    await find(reference);
    return [];
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    return [refusal.message];
  }
}

function withheldWithout({ withheld }: FileEntry, env: Env): string[] {
  return withheld
    .filter((key) => env[key]?.type !== "plain")
    .map((key) => `The file withholds the value of ${key}. Make it a secret, and refer to that in the file.`);
}

async function add(tx: Executor, entry: FileEntry, routine: RoutineInput, work: ImportWork): Promise<DefinitionRow> {
  const { companyId, actor, now, strict, changeSummary, paused } = work;
  const note = { actor, now, changeSummary, ...(strict === undefined ? {} : { strict }) };
  const routineId = await createRoutineIn(tx, { ...note, companyId, routine, paused });
  const record = await routineRecordOf(tx, companyId, routineId);
  const triggers = (await listTriggers(tx, routineId)).filter(({ enabled }) => enabled);
  const times = triggers.map(
    ({ explanation, at, zone }) => explanation ?? (at === null ? null : `once at ${at}, ${zone ?? "UTC"}`),
  );
  return {
    title: record.title,
    line: entry.line,
    outcome: "added",
    routineId,
    diff: null,
    reasons: [],
    notes: [
      record.agentName === null ? "It has no agent and stays a draft." : `Done by the agent ${record.agentName}.`,
      ...(record.agentName === null
        ? []
        : [record.status === "active" ? "It is active at once." : "It starts paused."]),
      ...times.flatMap((time) => (time === null ? [] : [`Starts by itself: ${time}.`])),
    ],
  };
}

async function change(
  tx: Executor,
  entry: FileEntry,
  changes: RoutineInput,
  row: RoutineRow,
  work: ImportWork,
): Promise<DefinitionRow> {
  const { companyId, actor, now, strict, changeSummary } = work;
  const note = { actor, now, changeSummary, ...(strict === undefined ? {} : { strict }) };
  await updateRoutineIn(tx, { ...note, companyId, routineId: row.id, changes, baseRevisionId: undefined });
  const [after] = await tx.select().from(routines).where(eq(routines.id, row.id));
  const same = after === undefined || after.latestRevisionNumber === row.latestRevisionNumber;
  const answer = { title: row.title, line: entry.line, routineId: row.id, reasons: [] };
  if (same) return { ...answer, outcome: "unchanged", diff: null, notes: [] };
  return {
    ...answer,
    outcome: "changed",
    diff: await diffRevisions(tx, after, row.latestRevisionNumber, after.latestRevisionNumber),
    notes: row.status === "active" ? [] : [`It is ${row.status} and stays so.`],
  };
}
