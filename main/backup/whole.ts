import type { WholeBackup } from "../../preload/contract/backups.ts";
import type { MigrationFile } from "../database/migration-files.ts";
import { fullContentOf, headOf } from "./folder.ts";
import { tableName, type Header, type TableSum } from "./format.ts";
import type { FullBackupContent } from "./full/read.ts";
import { leftInFile } from "./own-tables.ts";
import type { DatabaseContent } from "./read.ts";

/** A backup of the database that was read or written whole, as it is answered. */
export function whole(
  file: string,
  { header, tables, bytes }: { header: Header; tables: readonly TableSum[]; bytes: number },
  migrations: readonly MigrationFile[],
): WholeBackup {
  return {
    ...headOf(file, header, bytes),
    rows: tables.reduce((sum, { rows }) => sum + rows, 0),
    tables: tables.map((table) => ({
      name: tableName(table),
      rows: table.rows,
      bytes: table.bytes,
      sha256: table.sha256,
    })),
    notRestored: leftInFile({ header, tables }, migrations),
    full: null,
  };
}

type FullResult = Pick<FullBackupContent, "openedBy" | "header" | "files" | "links" | "leftOut" | "bytes"> & {
  readonly database: DatabaseContent;
};

/** A full one, with the database inside. */
export function wholeFull(file: string, result: FullResult, migrations: readonly MigrationFile[]): WholeBackup {
  const database = { ...result.database, bytes: result.bytes };
  return { ...whole(file, database, migrations), kind: "full", full: fullContentOf(result) };
}
