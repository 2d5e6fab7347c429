import { sql } from "drizzle-orm";
import type { Executor } from "../database/database.ts";
import { asId } from "../database/ids.ts";

/** What agents, projects and routines of a company are called now, by id. What is gone, or another company's, has no name. */
export async function currentNames(
  executor: Executor,
  companyId: string,
  ids: readonly (string | null)[],
): Promise<ReadonlyMap<string, string>> {
  const known = [...new Set(ids.flatMap((id) => (id === null ? [] : (asId(id) ?? []))))];
  if (known.length === 0) return new Map();
  // One parameter for all of them: a list would make a statement of its own for each length.
  const wanted = sql`(select jsonb_array_elements_text(${JSON.stringify(known)}::jsonb)::uuid)`;
  const { rows } = await executor.execute<{ id: string; name: string }>(sql`
    select id, name from agents where company_id = ${companyId} and id in ${wanted}
    union all select id, name from projects where company_id = ${companyId} and id in ${wanted}
    union all select id, title from routines where company_id = ${companyId} and id in ${wanted}`);
  return new Map(rows.map(({ id, name }) => [id, name]));
}
