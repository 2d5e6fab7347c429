import { randomUUID } from "node:crypto";
import { and, eq, or, sql } from "drizzle-orm";
import type { RunFilters, RunView } from "../../preload/contract/runs.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { runViews } from "../database/schema/runs.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";

/** So many views has a company at most: they are read as one list. */
const MOST_VIEWS = 100;

type ViewRow = typeof runViews.$inferSelect;

/** The views of a company by name. */
export async function listViews(executor: Executor, companyId: string): Promise<RunView[]> {
  const rows = await executor
    .select()
    .from(runViews)
    .where(eq(runViews.companyId, companyId))
    .orderBy(sql`lower(${runViews.name})`);
  return rows.map(viewOf);
}

/** Keeps filters under a name; a view of that name, whatever the case, becomes this. Refuses one too many. */
export async function saveView(
  executor: Executor,
  companyId: string,
  view: { readonly name: string; readonly filters: RunFilters },
  now: Date,
): Promise<RunView> {
  const { name, filters } = view;
  return executor.transaction(async (tx) => {
    const [changed] = await tx
      .update(runViews)
      .set({ name, filters, updatedAt: now })
      .where(and(eq(runViews.companyId, companyId), sql`lower(${runViews.name}) = lower(${name})`))
      .returning();
    const [row] = changed
      ? [changed]
      : await tx
          .insert(runViews)
          .values({ id: randomUUID(), companyId, name, filters, createdAt: now, updatedAt: now })
          .returning();
    if (!row) throw new Error("a view was saved without a row");
    if ((await tx.$count(runViews, eq(runViews.companyId, companyId))) > MOST_VIEWS) {
      throw new Refusal("views_too_many", `The view was not saved: there are ${MOST_VIEWS} already.`, {
        next: "Remove one that is not used: `paperclip-desktop runs views remove NAME`",
      });
    }
    await tell(tx, row, "run_view.saved");
    return viewOf(row);
  });
}

/** Removes a view by its id or name, and answers what it was. Refuses with `view_missing`. */
export async function removeView(executor: Executor, companyId: string, reference: string): Promise<RunView> {
  const text = reference.trim();
  const id = asId(text);
  return executor.transaction(async (tx) => {
    const meant = or(sql`lower(${runViews.name}) = lower(${text})`, ...(id === null ? [] : [eq(runViews.id, id)]));
    const [row] = await tx
      .delete(runViews)
      .where(and(eq(runViews.companyId, companyId), meant))
      .returning();
    if (!row) {
      throw new Refusal("view_missing", `There is no view ${JSON.stringify(text)} of runs in this company.`, {
        next: "See what there is: `paperclip-desktop runs views list`",
        fields: { view: "is not in this company" },
      });
    }
    await tell(tx, row, "run_view.removed");
    return viewOf(row);
  });
}

function viewOf({ id, name, filters, updatedAt }: ViewRow): RunView {
  return { id, name, filters, updatedAt: updatedAt.toISOString() };
}

async function tell(tx: Executor, { companyId, id, name }: ViewRow, action: string): Promise<void> {
  await recordActivity(tx, {
    companyId,
    actor: OPERATOR,
    action,
    entityType: "run_view",
    entityId: id,
    details: { name },
  });
  await announce(tx, { topic: "runs", companyId, id: null });
}
