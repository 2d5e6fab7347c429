import type { AgentRecord, CompanyRecord, ProjectRecord } from "../../preload/contract/work.ts";
import type { agents, companies, projects } from "../database/schema/work.ts";

/** Rows as the contract carries them: instants as text. */

export function companyRecordOf(row: typeof companies.$inferSelect): CompanyRecord {
  const { id, name, issuePrefix } = row;
  return { id, name, issuePrefix, ...instants(row) };
}

export function projectRecordOf(row: typeof projects.$inferSelect): ProjectRecord {
  const { id, companyId, name, description, env } = row;
  return { id, companyId, name, description, env, ...instants(row) };
}

export function agentRecordOf(row: typeof agents.$inferSelect): AgentRecord {
  const { id, companyId, name, status, adapter, adapterConfig, env, passThrough } = row;
  return { id, companyId, name, status, adapter, adapterConfig, env, passThrough, ...instants(row) };
}

function instants(row: { createdAt: Date; updatedAt: Date }): { createdAt: string; updatedAt: string } {
  return { createdAt: row.createdAt.toISOString(), updatedAt: row.updatedAt.toISOString() };
}
