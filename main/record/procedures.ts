import { and, desc, eq, lt, or, type SQL } from "drizzle-orm";
import type { ActivityEntry } from "../../preload/contract/system.ts";
import { implementer } from "../contract/implementer.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { activityLog } from "../database/schema/work.ts";

interface Services {
  readonly database: Database;
  /** The company of a call; its room stands above this one. */
  readonly findCompany: (executor: Executor, reference: string | undefined) => Promise<{ id: string }>;
}

const DEFAULT_LIMIT = 50;

/** The activity log as the contract shows it, newest first, paged by instant and id. */
export function activityProcedures({ database, findCompany }: Services) {
  const area = implementer.activity;
  return {
    list: area.list.handler(async ({ input }) => {
      const company = await findCompany(database.orm, input.company);
      const limit = input.limit ?? DEFAULT_LIMIT;
      const conditions = [eq(activityLog.companyId, company.id)];
      if (input.entityType) conditions.push(eq(activityLog.entityType, input.entityType));
      if (input.entityId) conditions.push(eq(activityLog.entityId, input.entityId));
      if (input.cursor) conditions.push(after(input.cursor));
      const rows = await database.orm
        .select()
        .from(activityLog)
        .where(and(...conditions))
        .orderBy(desc(activityLog.createdAt), desc(activityLog.id))
        .limit(limit + 1);
      const page = rows.slice(0, limit);
      const last = page.at(-1);
      return {
        entries: page.map(entryOf),
        nextCursor: rows.length > limit && last ? `${last.createdAt.toISOString()} ${last.id}` : null,
      };
    }),
  };
}

function entryOf(row: typeof activityLog.$inferSelect): ActivityEntry {
  return {
    id: row.id,
    companyId: row.companyId,
    actor: { type: row.actorType, id: row.actorId },
    action: row.action,
    entityType: row.entityType,
    entityId: row.entityId,
    details: Object.fromEntries(Object.entries(row.details).filter(([, value]) => value !== null)),
    createdAt: row.createdAt.toISOString(),
  };
}

function after(cursor: string): SQL {
  const [instant = "", id = ""] = cursor.split(" ");
  const at = new Date(instant);
  const condition = or(lt(activityLog.createdAt, at), and(eq(activityLog.createdAt, at), lt(activityLog.id, id)));
  if (Number.isNaN(at.getTime()) || !/^[0-9a-f-]{36}$/.test(id) || !condition) {
    throw new Refusal("invalid_input", "The cursor is not one that a page of this list gave.", {
      fields: { cursor: "is not a cursor of this list" },
      next: "Leave it out to start with the newest entry.",
    });
  }
  return condition;
}
