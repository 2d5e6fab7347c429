import { and, desc, eq } from "drizzle-orm";
import { z } from "zod";
import { auditFinding, type AuditStatus } from "../../preload/contract/audit.ts";
import { implementer } from "../contract/implementer.ts";
import type { Executor } from "../database/database.ts";
import { activityLog } from "../database/schema/work.ts";
import { readHeads } from "./audit-rows.ts";
import type { AuditSealer } from "./audit-sealer.ts";
import { verifyAudit, type VerifyServices } from "./audit-verify.ts";

export interface AuditServices extends VerifyServices {
  readonly sealer: AuditSealer;
  /** Companies live a floor above; their lookup is handed in. */
  readonly findCompany: (executor: Executor, reference: string | undefined) => Promise<{ id: string }>;
}

/** The area `audit` of the contract. */
export function auditProcedures(services: AuditServices) {
  const area = implementer.audit;
  const { database, findCompany } = services;
  return {
    verify: area.verify.handler(async function* ({ input }) {
      const company = input.company === undefined ? null : await findCompany(database.orm, input.company);
      yield* verifyAudit(services, company?.id ?? null);
    }),
    status: area.status.handler(async ({ input }) =>
      readStatus(services, (await findCompany(database.orm, input.company)).id),
    ),
  };
}

async function readStatus({ database, sealer }: AuditServices, companyId: string): Promise<AuditStatus> {
  const head = (await readHeads(database.pool, companyId)).get(companyId);
  const unsealed = head === undefined ? 0 : Math.max(0, head.lastSequence - head.sealedSequence);
  return {
    lastSequence: head?.lastSequence ?? 0,
    sealedTo: head?.sealedSequence ?? 0,
    unsealed,
    waiting: sealer.waiting(companyId),
    last: await lastVerification(database.orm, companyId),
  };
}

/** What a verification leaves in the activity of its company. */
const details = z.object({
  events: z.int(),
  sealedTo: z.int(),
  findings: z.int(),
  first: auditFinding.omit({ message: true }).optional(),
});

async function lastVerification(executor: Executor, companyId: string): Promise<AuditStatus["last"]> {
  const [row] = await executor
    .select({ details: activityLog.details, createdAt: activityLog.createdAt })
    .from(activityLog)
    .where(and(eq(activityLog.entityType, "audit"), eq(activityLog.entityId, companyId)))
    .orderBy(desc(activityLog.createdAt), desc(activityLog.id))
    .limit(1);
  const said = details.safeParse(row?.details);
  if (row === undefined || !said.success) return null;
  const { events, sealedTo, findings, first } = said.data;
  return {
    at: row.createdAt.toISOString(),
    checked: events,
    sealedTo,
    broken: findings > 0,
    findings,
    first: first ?? null,
  };
}
