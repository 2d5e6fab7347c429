import { and, eq, or, sql } from "drizzle-orm";
import type { AgentRecord, CompanyRecord, ProjectRecord } from "../../preload/contract/work.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { agents, companies, projects } from "../database/schema/work.ts";
import { agentRecordOf, companyRecordOf, projectRecordOf } from "./records.ts";

/**
 * The company that an operator means: by id, name or issue prefix, whatever the case. Without a reference the only one
 * there is. Refuses with `company_missing`, or `company_ambiguous` where the reference fits several.
 */
export async function findCompany(executor: Executor, reference: string | undefined): Promise<CompanyRecord> {
  if (reference === undefined) return onlyCompany(executor);
  const text = reference.trim();
  const id = asId(text);
  const rows = await executor
    .select()
    .from(companies)
    .where(
      or(
        sameText(companies.name, text),
        eq(companies.issuePrefix, text.toUpperCase()),
        ...(id === null ? [] : [eq(companies.id, id)]),
      ),
    );
  const row = rows.find((candidate) => candidate.id === id) ?? rows[0];
  if (!row) {
    throw new Refusal("company_missing", `There is no company ${shown(text)}.`, {
      next: "See what there is: `paperclip-desktop companies list`",
      fields: { company: "is not there" },
      details: { company: text },
    });
  }
  if (rows.length > 1 && row.id !== id) {
    throw new Refusal(
      "company_ambiguous",
      `${shown(text)} is the name of one company and the issue prefix of another.`,
      {
        next: "Name the company by its id: `paperclip-desktop companies list`",
        fields: { company: "fits several" },
        details: { company: text },
      },
    );
  }
  return companyRecordOf(row);
}

async function onlyCompany(executor: Executor): Promise<CompanyRecord> {
  const rows = await executor.select().from(companies).orderBy(companies.createdAt, companies.id).limit(2);
  const [row] = rows;
  if (!row) {
    throw new Refusal("company_missing", "There is no company yet.", {
      next: "Create one: `paperclip-desktop companies create --name NAME`",
    });
  }
  if (rows.length > 1) {
    throw new Refusal("company_ambiguous", "There are several companies, and none was named.", {
      fields: { company: "must be named" },
      next: "Add --company NAME to the command. `paperclip-desktop companies list` shows the names.",
    });
  }
  return companyRecordOf(row);
}

/** An agent of the company by id or name. One of another company is missing, as one that never was. */
export async function findAgent(executor: Executor, companyId: string, reference: string): Promise<AgentRecord> {
  const text = reference.trim();
  const id = asId(text);
  const rows = await executor
    .select()
    .from(agents)
    .where(
      and(
        eq(agents.companyId, companyId),
        or(sameText(agents.name, text), ...(id === null ? [] : [eq(agents.id, id)])),
      ),
    );
  const row = rows.find((candidate) => candidate.id === id) ?? rows[0];
  if (row) return agentRecordOf(row);
  throw new Refusal("agent_missing", `There is no agent ${shown(text)} in this company.`, {
    next: "See what there is: `paperclip-desktop agents list`",
    fields: { agent: "is not in this company" },
    details: { agent: text },
  });
}

/** A project of the company by id or name. One of another company is missing, as one that never was. */
export async function findProject(executor: Executor, companyId: string, reference: string): Promise<ProjectRecord> {
  const text = reference.trim();
  const id = asId(text);
  const rows = await executor
    .select()
    .from(projects)
    .where(
      and(
        eq(projects.companyId, companyId),
        or(sameText(projects.name, text), ...(id === null ? [] : [eq(projects.id, id)])),
      ),
    );
  const row = rows.find((candidate) => candidate.id === id) ?? rows[0];
  if (row) return projectRecordOf(row);
  throw new Refusal("project_missing", `There is no project ${shown(text)} in this company.`, {
    next: "See what there is: `paperclip-desktop projects list`",
    fields: { project: "is not in this company" },
    details: { project: text },
  });
}

/** Equal whatever the case, in the form that the unique indexes have. */
function sameText(column: typeof companies.name | typeof agents.name | typeof projects.name, text: string) {
  return sql`lower(${column}) = lower(${text})`;
}

function shown(reference: string): string {
  return JSON.stringify(reference);
}
