import { randomUUID } from "node:crypto";
import { eq, sql } from "drizzle-orm";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import { Refusal } from "../contract/refusal.ts";
import { announce } from "../database/changes.ts";
import type { Executor } from "../database/database.ts";
import { companies } from "../database/schema/work.ts";
import { OPERATOR, recordActivity } from "../record/activity.ts";
import { findCompany } from "./lookup.ts";
import { companyRecordOf } from "./records.ts";
import { violatedIndex } from "./unique.ts";

export interface CompanyInput {
  readonly name: string;
  /** 2 to 10 capital letters and digits, a letter first; derived from the name where it is left out. */
  readonly issuePrefix?: string | undefined;
}

export interface CompanyChanges {
  readonly name?: string | undefined;
  readonly issuePrefix?: string | undefined;
}

/** Prefixes tried for a name before giving up: `ACME`, `ACME2`, `ACME3` … */
const PREFIX_ATTEMPTS = 10_000;

export async function listCompanies(executor: Executor): Promise<CompanyRecord[]> {
  const rows = await executor.select().from(companies).orderBy(companies.name, companies.id);
  return rows.map(companyRecordOf);
}

/** Creates a company. Refuses with `company_taken` a name or prefix that another one has. */
export async function createCompany(executor: Executor, input: CompanyInput): Promise<CompanyRecord> {
  return refusingTaken(input, () =>
    executor.transaction(async (tx) => {
      const row = input.issuePrefix
        ? await insertCompany(tx, input.name, input.issuePrefix)
        : await insertWithDerivedPrefix(tx, input.name);
      await recordCompany(tx, row.id, "company.created", { name: row.name, issuePrefix: row.issuePrefix });
      return companyRecordOf(row);
    }),
  );
}

/** Renames a company or changes its prefix. Refuses with `company_missing` or `company_taken`. */
export async function updateCompany(
  executor: Executor,
  reference: string,
  changes: CompanyChanges,
): Promise<CompanyRecord> {
  return refusingTaken(changes, () =>
    executor.transaction(async (tx) => {
      const company = await findCompany(tx, reference);
      const name = changes.name ?? company.name;
      const issuePrefix = changes.issuePrefix ?? company.issuePrefix;
      if (name === company.name && issuePrefix === company.issuePrefix) return company;
      const [row] = await tx
        .update(companies)
        .set({ name, issuePrefix, updatedAt: sql`now()` })
        .where(eq(companies.id, company.id))
        .returning();
      if (!row) throw new Error("a company vanished while it was changed");
      await recordCompany(tx, row.id, "company.updated", { name, issuePrefix });
      return companyRecordOf(row);
    }),
  );
}

async function insertCompany(executor: Executor, name: string, issuePrefix: string) {
  const [row] = await executor.insert(companies).values({ id: randomUUID(), name, issuePrefix }).returning();
  if (!row) throw new Error("a company was inserted without a row");
  return row;
}

async function insertWithDerivedPrefix(executor: Executor, name: string) {
  for (let attempt = 1; attempt <= PREFIX_ATTEMPTS; attempt += 1) {
    const [row] = await executor
      .insert(companies)
      .values({ id: randomUUID(), name, issuePrefix: derivedPrefix(name, attempt) })
      .onConflictDoNothing({ target: companies.issuePrefix })
      .returning();
    if (row) return row;
  }
  throw new Refusal("company_taken", "The company was not saved: no issue prefix is free for its name.", {
    fields: { issuePrefix: "must be chosen" },
    next: "Choose one with --prefix.",
  });
}

/** The first four letters or digits of a name, from a letter on, without accents; later attempts carry a number. */
export function derivedPrefix(name: string, attempt: number): string {
  const letters = name
    .normalize("NFKD")
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]/g, "")
    .replace(/^[0-9]+/, "");
  const stem = letters.length >= 2 ? letters.slice(0, 4) : `${letters}CO`.slice(0, 2);
  return attempt === 1 ? stem : `${stem}${attempt}`;
}

async function refusingTaken<Result>(input: CompanyChanges, work: () => Promise<Result>): Promise<Result> {
  try {
    return await work();
  } catch (error) {
    const index = violatedIndex(error);
    if (index === "companies_name_uq") {
      throw new Refusal(
        "company_taken",
        `The company was not saved: another one is named ${JSON.stringify(input.name)}.`,
        {
          fields: { name: "is taken" },
          next: "Choose another name.",
        },
      );
    }
    if (index === "companies_issue_prefix_uq") {
      throw new Refusal(
        "company_taken",
        `The company was not saved: another one has the issue prefix ${input.issuePrefix ?? ""}.`,
        {
          fields: { issuePrefix: "is taken" },
          next: "Choose another prefix.",
        },
      );
    }
    throw error;
  }
}

async function recordCompany(
  executor: Executor,
  companyId: string,
  action: string,
  details: { name: string; issuePrefix: string },
): Promise<void> {
  await recordActivity(executor, {
    companyId,
    actor: OPERATOR,
    action,
    entityType: "company",
    entityId: companyId,
    details,
  });
  await announce(executor, { topic: "companies", companyId, id: companyId });
}
