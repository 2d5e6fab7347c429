import { jsonb, pgTable, text, uuid } from "drizzle-orm/pg-core";
import type { Env } from "../../../preload/contract/environment.ts";
import { createdAt, primaryId, updatedAt } from "./columns.ts";

// What each table, column and index is for stands beside its SQL in migrations/; a test holds the two together.

export type Json = string | number | boolean | null | Json[] | { [key: string]: Json };

export const companies = pgTable("companies", {
  id: primaryId(),
  name: text("name").notNull(),
  issuePrefix: text("issue_prefix").notNull(),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

const companyId = () =>
  uuid("company_id")
    .notNull()
    .references(() => companies.id, { onDelete: "cascade" });

export const projects = pgTable("projects", {
  id: primaryId(),
  companyId: companyId(),
  name: text("name").notNull(),
  description: text("description"),
  env: jsonb("env").$type<Env>().notNull().default({}),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const agents = pgTable("agents", {
  id: primaryId(),
  companyId: companyId(),
  name: text("name").notNull(),
  status: text("status", { enum: ["active", "paused"] })
    .notNull()
    .default("active"),
  adapter: text("adapter").notNull(),
  adapterConfig: jsonb("adapter_config").$type<{ [key: string]: Json }>().notNull().default({}),
  env: jsonb("env").$type<Env>().notNull().default({}),
  passThrough: text("pass_through").array().notNull().default([]),
  createdAt: createdAt(),
  updatedAt: updatedAt(),
});

export const activityLog = pgTable("activity_log", {
  id: primaryId(),
  companyId: companyId(),
  actorType: text("actor_type", { enum: ["agent", "user", "system", "plugin"] }).notNull(),
  actorId: text("actor_id"),
  action: text("action").notNull(),
  entityType: text("entity_type").notNull(),
  entityId: text("entity_id").notNull(),
  details: jsonb("details").$type<{ [key: string]: Json }>().notNull().default({}),
  createdAt: createdAt(),
});
