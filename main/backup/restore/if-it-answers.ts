import type { Database } from "../../database/database.ts";
import { statementFailure } from "../../database/statement-failure.ts";
import type { RestoreServices } from "./services.ts";

/** What the database in use tells, or null where it tells nothing: it may be away or damaged, and a restore is the way back then. */
export async function ifItAnswers<Answer>(
  { stage, log }: Pick<RestoreServices, "stage" | "log">,
  ask: (database: Database) => Promise<Answer>,
): Promise<Answer | null> {
  const live = stage.live();
  if (live === null) return null;
  try {
    return await ask(live.database);
  } catch (error) {
    if (statementFailure(error) === null) log.warn({ error }, "the database in use could not be asked");
    return null;
  }
}
