import { boolean, integer, pgTable, primaryKey, text, uuid } from "drizzle-orm/pg-core";
import { instant, primaryId } from "./columns.ts";
import { routineTriggers } from "./routines.ts";
import { routineRuns } from "./runs.ts";
import { companies } from "./work.ts";

export const webhookDeliveries = pgTable("webhook_deliveries", {
  id: primaryId(),
  companyId: uuid("company_id")
    .notNull()
    .references(() => companies.id, { onDelete: "cascade" }),
  triggerId: uuid("trigger_id")
    .notNull()
    .references(() => routineTriggers.id, { onDelete: "cascade" }),
  receivedAt: instant("received_at").notNull(),
  test: boolean("test").notNull().default(false),
  outcome: text("outcome", { enum: ["started", "repeated", "coalesced", "skipped", "refused"] }).notNull(),
  httpStatus: integer("http_status").notNull(),
  code: text("code"),
  reason: text("reason").notNull(),
  bodyBytes: integer("body_bytes").notNull(),
  sourceAddress: text("source_address"),
  previousKey: boolean("previous_key").notNull().default(false),
  runId: uuid("run_id").references(() => routineRuns.id, { onDelete: "set null" }),
});

/** `digest` is the SHA-256 of what was signed, in hex. */
export const webhookNonces = pgTable(
  "webhook_nonces",
  {
    triggerId: uuid("trigger_id")
      .notNull()
      .references(() => routineTriggers.id, { onDelete: "cascade" }),
    digest: text("digest").notNull(),
    expiresAt: instant("expires_at").notNull(),
  },
  ({ triggerId, digest }) => [primaryKey({ columns: [triggerId, digest] })],
);
