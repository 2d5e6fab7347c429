import { rm } from "node:fs/promises";
import { z } from "zod";
import { readIfThere } from "../instance/permissions.ts";
import type { KnownHead } from "./audit-chain.ts";
import { chainIdOf } from "./audit-event.ts";
import type { AuditHeads } from "./audit-heads.ts";
import { type Queryable, readHeads } from "./audit-rows.ts";
import type { Vault } from "./vault.ts";

const content = z.strictObject({
  version: z.literal(1),
  heads: z.array(z.strictObject({ companyId: z.uuid(), sequence: z.int().min(0), seal: z.string().nullable() })),
});

/** How far the access events of a restored database are sealed, as text for the file that tells it to the next opening. */
export async function restoredHeads(executor: Queryable): Promise<string> {
  const heads = [...(await readHeads(executor, null))].map(([companyId, { sealedSequence, sealedHead }]) => ({
    companyId,
    sequence: sealedHead === null ? 0 : sealedSequence,
    seal: sealedHead,
  }));
  return `${JSON.stringify({ version: 1, heads } satisfies z.infer<typeof content>)}\n`;
}

/**
 * The kept heads of an instance whose database may just have been restored. The name of the chain takes the audit key, so
 * what a restore left in `file` is taken over by whoever first reads the heads with the vault open, before anything is sealed
 * or verified; the restored database then looks untouched up to there, because the operator asked for it.
 */
export function afterRestore(heads: AuditHeads, file: string, vault: Pick<Vault, "state" | "auditKey">): AuditHeads {
  let taking: Promise<void> | null = null;
  async function take(): Promise<void> {
    const text = await readIfThere(file);
    if (text === null || vault.state() !== "ready") return;
    const { heads: restored } = content.parse(JSON.parse(text));
    const known = restored.map(({ companyId, sequence, seal }): [string, KnownHead] => [companyId, { sequence, seal }]);
    await heads.replace(chainIdOf(vault.auditKey()), new Map(known));
    await rm(file, { force: true });
  }
  return {
    ...heads,
    read: async () => {
      await (taking ??= take().finally(() => (taking = null)));
      return heads.read();
    },
  };
}
