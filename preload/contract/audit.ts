import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { company, id, instant } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

/** Something that is not as it was sealed, at the events `sequence` to `until`. */
export const auditFinding = z.object({
  kind: z.enum(["changed", "removed", "inserted", "cut_tail", "head_mismatch", "rolled_back"]),
  sequence: z.int(),
  until: z.int(),
  message: z.string(),
});
export type AuditFinding = z.infer<typeof auditFinding>;

/** The chain of one company, checked. */
const auditVerdict = z.object({
  companyId: id,
  companyName: z.string().nullable(),
  /** Events that were looked at. */
  checked: z.int(),
  /** The chain is unbroken up to this number. */
  sealedTo: z.int(),
  /** Events at the end that wait for their seal; nothing vouches for these yet. */
  unsealed: z.int(),
  broken: z.boolean(),
  /** The first hundred, by sequence. */
  findings: z.array(auditFinding),
  /** Findings beyond these. */
  more: z.int(),
});
export type AuditVerdict = z.infer<typeof auditVerdict>;

/** What this instance keeps of the chains outside the database. */
const auditHeadsFile = z.object({
  state: z.enum(["ok", "missing", "damaged"]),
  message: z.string().nullable(),
  next: z.string().nullable(),
});
export type AuditHeadsFile = z.infer<typeof auditHeadsFile>;

const auditResult = z.object({
  at: instant,
  checked: z.int(),
  broken: z.boolean(),
  companies: z.array(auditVerdict),
  file: auditHeadsFile,
});
export type AuditResult = z.infer<typeof auditResult>;

/** Progress while events are checked, then one result. */
const auditEvent = z.discriminatedUnion("type", [
  z.object({ type: z.literal("progress"), checked: z.int(), total: z.int() }),
  z.object({ type: z.literal("result"), result: auditResult }),
]);
export type AuditEvent = z.infer<typeof auditEvent>;

const auditStatus = z.object({
  /** The number of the last access event; 0 where there is none. */
  lastSequence: z.int(),
  sealedTo: z.int(),
  unsealed: z.int(),
  /** Why events wait for their seal longer than a moment, in one sentence; else null. */
  waiting: z.string().nullable(),
  /** The last verification that was recorded. */
  last: z
    .object({
      at: instant,
      checked: z.int(),
      sealedTo: z.int(),
      broken: z.boolean(),
      findings: z.int(),
      first: auditFinding.omit({ message: true }).nullable(),
    })
    .nullable(),
});
export type AuditStatus = z.infer<typeof auditStatus>;

export const audit = {
  verify: area
    .route({ summary: "Check the chain of access events: of one company, or of all where none is named" })
    .input(z.object({ company }))
    .output(eventIterator(auditEvent)),
  status: area
    .route({ summary: "How far access events are sealed, and what the last verification found" })
    .input(z.object({ company }))
    .output(auditStatus),
};
