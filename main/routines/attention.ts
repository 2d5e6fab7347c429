import { and, eq, sql } from "drizzle-orm";
import type { AttentionItem } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { routines } from "../database/schema/routines.ts";
import { agents } from "../database/schema/work.ts";
import { previewFailure } from "../environment/failures.ts";
import { previewSheets } from "../environment/preview-entries.ts";
import { buildSheets, type EnvironmentSheet } from "../environment/sheet.ts";
import { failureOfRun } from "../runs/failures.ts";
import type { Vault } from "../secrets/vault.ts";
import { pausedAgent } from "./preview.ts";
import { lastRunOf } from "./records.ts";
import { GIVE_AN_AGENT } from "./work-order.ts";

/** Items of an answer. */
const LIMIT = 100;

/**
 * What the active routines of a company need the operator for: first what would stop the next run, by title, judged by
 * the rules of a preview; then the last runs that did not succeed, newest first. A newer run, or the same one tried again,
 * takes the place of a failure. At most 100 items, and how many there are besides. Three statements, whatever the number of
 * routines, on one state of the database.
 */
export async function routinesNeedingAttention(
  { database, vault }: { readonly database: Database; readonly vault: Vault },
  companyId: string,
): Promise<{ items: AttentionItem[]; more: number }> {
  // Before the transaction: looking anew takes a connection of its own.
  if (vault.state() !== "ready") await vault.reload();
  const options = { companyId, vaultReady: vault.state() === "ready" };
  const items = await database.orm.transaction(
    async (tx) => {
      const active = await activeRoutines(tx, companyId);
      return [...(await obstacles(tx, active, options)), ...active.flatMap(failedRun).toSorted(newestFirst)];
    },
    { isolationLevel: "repeatable read", accessMode: "read only" },
  );
  return { items: items.slice(0, LIMIT), more: Math.max(0, items.length - LIMIT) };
}

type ActiveRoutine = Awaited<ReturnType<typeof activeRoutines>>[number];

/** By title, each with its agent and its last run. What they say and run with may be long and stays behind. */
function activeRoutines(executor: Executor, companyId: string) {
  const lastRun = lastRunOf(executor);
  const { id, status, failure, completedAt } = lastRun;
  return executor
    .select({
      routine: {
        id: routines.id,
        title: routines.title,
        env: routines.env,
        assigneeAgentId: routines.assigneeAgentId,
        projectId: routines.projectId,
        latestRevisionId: routines.latestRevisionId,
        latestRevisionNumber: routines.latestRevisionNumber,
      },
      agent: { name: agents.name, status: agents.status },
      runId: id,
      runStatus: status,
      failure,
      completedAt,
    })
    .from(routines)
    .leftJoin(agents, eq(agents.id, routines.assigneeAgentId))
    .leftJoinLateral(lastRun, sql`true`)
    .where(and(eq(routines.companyId, companyId), eq(routines.status, "active")))
    .orderBy(sql`lower(${routines.title})`, routines.id);
}

/** What would stop the next run of each, in their order. */
async function obstacles(
  executor: Executor,
  active: readonly ActiveRoutine[],
  options: { readonly companyId: string; readonly vaultReady: boolean },
): Promise<AttentionItem[]> {
  const assigned = active.flatMap(({ routine }) =>
    routine.assigneeAgentId === null
      ? []
      : [{ agentId: routine.assigneeAgentId, projectId: routine.projectId, routine: pinnedPart(routine) }],
  );
  const made = await buildSheets(executor, options.companyId, assigned);
  const sheets = made.filter((sheet): sheet is EnvironmentSheet => !(sheet instanceof Refusal));
  const previews = await previewSheets(executor, sheets, options);
  const entriesOf = new Map(sheets.map(({ routine }, index) => [routine.id, previews[index] ?? []]));
  const refusalOf = new Map(
    made.flatMap((sheet, index) => {
      const id = assigned[index]?.routine.id;
      return sheet instanceof Refusal && id !== undefined ? [[id, sheet] as const] : [];
    }),
  );
  return active.flatMap(({ routine, agent }): AttentionItem[] => {
    if (routine.assigneeAgentId === null) {
      return [item(routine, "agent_missing", { message: "The routine has no agent.", next: GIVE_AN_AGENT })];
    }
    const refusal = refusalOf.get(routine.id);
    if (refusal) {
      const kind = refusal.code === "agent_missing" ? "agent_missing" : "reference_broken";
      return [item(routine, kind, { ...refusal.data, code: refusal.code, message: refusal.message })];
    }
    const paused = agent?.status === "paused" ? [item(routine, "agent_paused", pausedAgent(agent.name))] : [];
    const broken = (entriesOf.get(routine.id) ?? []).flatMap((entry) => {
      const failure = previewFailure(entry);
      if (!failure) return [];
      const secret = { secretId: entry.secretId ?? null, secretKey: entry.secretKey ?? null };
      return [{ ...item(routine, "reference_broken", failure), ...secret }];
    });
    return [...paused, ...broken];
  });
}

const pinnedPart = ({ id, latestRevisionId, latestRevisionNumber, env }: ActiveRoutine["routine"]) => ({
  id,
  revisionId: latestRevisionId,
  revisionNumber: latestRevisionNumber,
  env,
});

function failedRun({ routine, runId, runStatus, failure, completedAt }: ActiveRoutine): AttentionItem[] {
  const status = UNSUCCESSFUL.find((each) => each === runStatus);
  if (status === undefined || runId === null) return [];
  const known = failureOfRun(failure, runId);
  const next = known ? known.next : `See what it did: \`paperclip-desktop runs logs ${runId}\``;
  const since = completedAt?.toISOString() ?? null;
  return [
    {
      ...item(routine, "last_run_failed", { code: known?.code, message: known?.message ?? WORDS[status], next }),
      runId,
      runStatus: status,
      since,
    },
  ];
}

/** Outcomes that need somebody. */
const UNSUCCESSFUL = ["failed", "timed_out", "interrupted"] as const;

/** Each as it is said where the run left no reason. */
const WORDS: Readonly<Record<(typeof UNSUCCESSFUL)[number], string>> = {
  failed: "The run failed.",
  timed_out: "The run took longer than its time-out and was ended.",
  interrupted: "The run was interrupted.",
};

function newestFirst(a: AttentionItem, b: AttentionItem): number {
  return (b.since ?? "").localeCompare(a.since ?? "");
}

function item(
  routine: { readonly id: string; readonly title: string },
  kind: AttentionItem["kind"],
  why: { readonly code?: string | undefined; readonly message: string; readonly next?: string | null | undefined },
): AttentionItem {
  return {
    kind,
    routineId: routine.id,
    title: routine.title,
    code: why.code ?? null,
    message: why.message,
    next: why.next ?? null,
    runId: null,
    runStatus: null,
    secretId: null,
    secretKey: null,
    since: null,
  };
}
