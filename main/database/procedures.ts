import { implementer } from "../contract/implementer.ts";
import type { AppliedMigration } from "./migrator.ts";
import type { OpenDatabase } from "./open.ts";

/** The area `database`. */
export function databaseProcedures(open: OpenDatabase) {
  const area = implementer.database;
  return {
    status: area.status.handler(async () => {
      const { applied, pending } = await open.schemaState();
      const waiting = pending.map(({ number, name }) => ({ number, name, appliedAt: null }));
      const migrations = [...applied.map(describeApplied), ...waiting];
      return { mode: open.mode, version: open.version, migrations, pending: pending.length };
    }),
    migrate: area.migrate.handler(async () => {
      const done = new Set((await open.migrate()).map(({ number }) => number));
      const { applied } = await open.schemaState();
      return { applied: applied.filter(({ number }) => done.has(number)).map(describeApplied) };
    }),
    retry: area.retry.handler(async () => {
      await open.retry();
      return { state: open.state() };
    }),
  };
}

function describeApplied({ number, name, appliedAt }: AppliedMigration) {
  return { number, name, appliedAt: appliedAt.toISOString() };
}
