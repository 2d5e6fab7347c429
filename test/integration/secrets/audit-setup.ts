import { randomUUID } from "node:crypto";
import type { AuditResult, AuditVerdict } from "../../../preload/contract/audit.ts";
import type { Change } from "../../../preload/contract/system.ts";
import type { ChangeFeed } from "../../../main/database/changes.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { auditHeads } from "../../../main/secrets/audit-heads.ts";
import { type SealerOptions, startAuditSealer } from "../../../main/secrets/audit-sealer.ts";
import { verifyAudit } from "../../../main/secrets/audit-verify.ts";
import { type ReferenceRequest, resolveReferences } from "../../../main/secrets/resolution.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { memoryLog } from "../../fixtures/home.ts";
import type { SecretsSetup } from "./setup.ts";

/** A feed that a test speaks through. */
function ownFeed(): ChangeFeed & { tell(change: Change): void } {
  const listeners = new Set<(change: Change) => void>();
  return {
    tell: (change) => listeners.forEach((listener) => listener(change)),
    subscribe: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

/** One owner as a start of the product makes it: a sealer, what the instance keeps, and verification. */
export function owner(setup: SecretsSetup, vault: Vault, changes: Partial<SealerOptions> = {}) {
  const heads = changes.heads ?? auditHeads(setup.secretsDirectory);
  const log = memoryLog();
  const feed = ownFeed();
  const { database } = setup;
  const sealer = startAuditSealer({ database, vault, feed, clock: systemClock, log, heads, ...changes });
  const services = { database, vault, heads, sealer, clock: systemClock, log };
  return {
    heads,
    log,
    feed,
    sealer,
    services,
    verify: (company?: string) => resultOf(verifyAudit(services, company ?? null)),
  };
}

async function resultOf(events: ReturnType<typeof verifyAudit>): Promise<AuditResult> {
  for await (const event of events) if (event.type === "result") return event.result;
  throw new Error("the verification ended without a result");
}

/** The verdict over one company of a result. */
export function verdictOf({ companies }: AuditResult, companyId: string): AuditVerdict {
  const found = companies.find((one) => one.companyId === companyId);
  if (!found) throw new Error(`nothing was said of ${companyId}`);
  return found;
}

export const kinds = ({ findings }: AuditVerdict) =>
  findings.map(({ kind, sequence, until }) => [kind, sequence, until]);

/** Leaves so many events, each of a secret that there is not. */
export async function leaveEvents(setup: SecretsSetup, vault: Vault, companyId: string, count: number): Promise<void> {
  const requests = Array.from({ length: count }, (_, index): ReferenceRequest => ({
    key: "GH_TOKEN",
    layer: "agent",
    consumerType: "agent",
    consumerId: randomUUID(),
    configPath: `env.KEY_${index}`,
    secretId: randomUUID(),
    version: "latest",
  }));
  const actor = { type: "agent", id: randomUUID() } as const;
  const context = { companyId, actor, runId: randomUUID(), heartbeatRunId: null, sheetId: null };
  await resolveReferences(setup.database, vault, context, requests);
}

/** How far the events of a company are sealed, and the last number of all. */
export async function headOf(setup: SecretsSetup, companyId: string): Promise<{ last: number; sealed: number }> {
  const { rows } = await setup.database.pool.query<{ last: number; sealed: number }>(
    "select last_sequence::int as last, sealed_sequence::int as sealed from secret_access_heads where company_id = $1",
    [companyId],
  );
  return rows[0] ?? { last: 0, sealed: 0 };
}
