import { implementer } from "../contract/implementer.ts";
import { OPERATOR } from "../record/activity.ts";
import { findCompany } from "../work/lookup.ts";
import { importCrontab, type CrontabInput } from "./crontab/import.ts";
import { readDefinitions } from "./definition-file.ts";
import { exportDefinitions } from "./definitions.ts";
import { importDefinitions } from "./definitions-import.ts";
import type { SealServices } from "./inline-migration.ts";

/** What a call says of a crontab; the rest is as usual. */
type CrontabCall = { readonly company?: string | undefined; readonly text: string } & {
  readonly [Choice in "zone" | "agent" | "active" | "plain" | "skipRefused"]?: CrontabInput[Choice] | undefined;
};

/** The calls of the contract's area `definitions`. */
export function definitionProcedures(services: SealServices) {
  const { database, clock, strictMode } = services;
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

  const crontab = async (input: CrontabCall, preview: boolean) => {
    const { company, zone, agent, active, plain, skipRefused, text } = input;
    return importCrontab(services, {
      companyId: (await findCompany(orm, company)).id,
      text,
      zone: zone ?? new Intl.DateTimeFormat().resolvedOptions().timeZone,
      agent: agent ?? "crontab",
      active: active ?? false,
      plain: plain ?? [],
      skipRefused: skipRefused ?? false,
      preview,
    });
  };

  return {
    export: area.export.handler(async ({ input }) => {
      const { id } = await findCompany(orm, input.company);
      return exportDefinitions(orm, id, { routines: input.routines, format: input.format ?? "yaml" });
    }),
    importPreview: area.importPreview.handler(({ input }) => imported(input, true)),
    import: area.import.handler(({ input }) => imported(input, false)),
    crontabPreview: area.crontabPreview.handler(({ input }) => crontab(input, true)),
    crontabImport: area.crontabImport.handler(({ input }) => crontab(input, false)),
  };
}
