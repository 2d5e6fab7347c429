import { implementer } from "../contract/implementer.ts";
import { findCompany } from "../work/lookup.ts";
import { importEnvFile, type ImportInput, previewImport } from "./env-import.ts";
import { migrateInline, previewMigration, type SealServices } from "./inline-migration.ts";

/** The area `inlineSecrets` of the contract. */
export function inlineSecretProcedures(services: SealServices) {
  const area = implementer.inlineSecrets;
  const companyOf = async (company: string | undefined): Promise<string> =>
    (await findCompany(services.database.orm, company)).id;
  const scoped = async (
    input: Omit<ImportInput, "companyId"> & { company?: string | undefined },
  ): Promise<ImportInput> => ({ ...input, companyId: await companyOf(input.company) });
  return {
    preview: area.preview.handler(async ({ input }) => previewMigration(services, await companyOf(input.company))),
    migrate: area.migrate.handler(async ({ input }) =>
      migrateInline(services, await companyOf(input.company), input.only),
    ),
    importPreview: area.importPreview.handler(async ({ input }) => previewImport(services, await scoped(input))),
    importFile: area.importFile.handler(async ({ input }) => importEnvFile(services, await scoped(input))),
  };
}
