import { text, timestamp, uuid } from "drizzle-orm/pg-core";

/** An instant with its zone, to the millisecond, so that a Date holds all of it and pages by instant lose nothing. */
export const instant = (name: string) => timestamp(name, { withTimezone: true, mode: "date", precision: 3 });

export const primaryId = () => uuid("id").primaryKey();
export const createdAt = () => instant("created_at").notNull().defaultNow();
export const updatedAt = () => instant("updated_at").notNull().defaultNow();

/** Who did it. Types: user, agent, system, plugin. */
export const createdBy = () => ({
  createdByType: text("created_by_type").notNull().default("user"),
  createdById: text("created_by_id"),
});
