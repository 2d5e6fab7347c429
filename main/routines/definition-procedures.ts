import { implementer } from "../contract/implementer.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR } from "../record/activity.ts";
import { findCompany } from "../work/lookup.ts";
import { readDefinitions } from "./definition-file.ts";
import { exportDefinitions } from "./definitions.ts";
import { importDefinitions } from "./definitions-import.ts";

export interface DefinitionServices {
  readonly database: Database;
  readonly clock: Clock;
  /** Whether an env is refused that holds a credential in clear; asked at each import. */
  strictMode(): boolean;
}

/** The calls of the contract's area `definitions`. */
export function definitionProcedures({ database, clock, strictMode }: DefinitionServices) {
  const area = implementer.definitions;
  const { orm } = database;

  const imported = async (
    input: {
      company?: string | undefined;
      text: string;
      paused?: boolean | undefined;
      skipRefused?: boolean | undefined;
    },
    preview: boolean,
  ) => {
    const { id: companyId } = await findCompany(orm, input.company);
    return importDefinitions(database, readDefinitions(input.text), {
      companyId,
      actor: OPERATOR,
      now: clock.now(),
      strict: strictMode(),
      paused: input.paused ?? false,
      skipRefused: input.skipRefused ?? false,
      preview,
      changeSummary: "Imported from a file",
    });
  };

  return {
    export: area.export.handler(async ({ input }) => {
      const { id } = await findCompany(orm, input.company);
      return exportDefinitions(orm, id, { routines: input.routines, format: input.format ?? "yaml" });
    }),
    importPreview: area.importPreview.handler(({ input }) => imported(input, true)),
    import: area.import.handler(({ input }) => imported(input, false)),
  };
}
