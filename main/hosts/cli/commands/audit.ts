import type { Command } from "commander";
import type { AuditEvent, AuditFinding, AuditResult, AuditVerdict } from "../../../../preload/contract/audit.ts";
import { Refusal } from "../../../contract/refusal.ts";
import { Failure } from "../errors.ts";
import { bothTimes, paintState, plural, stateText } from "../format.ts";
import { ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../text.ts";

/** Progress is told each time so many hundredths more are checked. */
const PROGRESS_PERCENT = 10;

export function addAudit(program: Command, act: Act): void {
  const audit = program.command("audit").description("whether the access events are what was written");
  withExample(
    audit
      .command("verify")
      .description("check the chain of access events: of one company, or of all; exit 1 where it is broken")
      .action(act(verify)),
    "audit verify",
    "audit verify --company ACME --json",
  );
  withExample(
    audit
      .command("status")
      .description("how far access events are sealed, and what the last verification found")
      .action(
        act(async (invocation) => {
          const status = await invocation.session(({ client }) => client.audit.status(ofCompany(invocation)));
          const now = invocation.host.clock.now();
          invocation.output.answer(status, (output) =>
            output.fields([
              ["events", String(status.lastSequence)],
              ["sealed up to", `#${status.sealedTo}`],
              ["waiting", String(status.unsealed)],
              ["because", status.waiting],
              ["verified", status.last === null ? "never" : bothTimes(status.last.at, now)],
              ["result", status.last === null ? null : lastText(status.last, output)],
            ]),
          );
        }),
      ),
    "audit status",
  );
}

async function verify(invocation: Invocation): Promise<void> {
  const { output, signal } = invocation;
  const result = await invocation.session(async ({ client }) =>
    resultOf(await client.audit.verify(ofCompany(invocation), { signal }), output),
  );
  output.answer(result, (shown) => resultText(result, shown));
  demandUnbroken(result);
}

async function resultOf(events: AsyncIterable<AuditEvent>, output: Output): Promise<AuditResult> {
  let told = 0;
  for await (const event of events) {
    if (event.type === "result") return event.result;
    const percent = Math.floor((event.checked / event.total) * 100);
    if (percent < told + PROGRESS_PERCENT) continue;
    told = percent;
    output.progress(`${event.checked} of ${plural(event.total, "event")} checked (${percent} %)`);
  }
  throw new Refusal("owner_gone", "The verification ended before it had a result.", { next: "Run it again." });
}

function resultText({ companies, file }: AuditResult, output: Output): string {
  const parts = companies.map((verdict) => verdictText(verdict, output));
  if (parts.length === 0) parts.push("There are no access events yet.\n");
  if (file.message !== null) {
    const level = file.state === "damaged" ? "error" : "ok";
    parts.push(`${paintState(stateText(level), level, output.colours)}: ${oneLine(file.message)}\n`);
  }
  if (file.next !== null) parts.push(`  ${output.colours.bold("next:")} ${output.hint(file.next)}\n`);
  return parts.join("");
}

function verdictText(verdict: AuditVerdict, output: Output): string {
  const { checked, sealedTo, unsealed, broken, findings, more } = verdict;
  const state = broken ? "failure" : "success";
  const words = broken ? "✕ broken" : "✓ unbroken";
  const waiting =
    unsealed === 0 ? "" : `; ${plural(unsealed, "event waits for its seal", "events wait for their seals")}`;
  const name = verdict.companyName ?? verdict.companyId;
  const lines = [
    `${paintState(words, state, output.colours)}  ${oneLine(name)}: ${plural(checked, "event")} checked, unbroken up to #${sealedTo}${waiting}`,
    ...findings.map(({ kind, message }) => `  ${kind.replace("_", " ")}: ${message}`),
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
  return `${lines.join("\n")}\n`;
}

function lastText(last: { broken: boolean; sealedTo: number; findings: number }, output: Output): string {
  return last.broken
    ? paintState(`✕ broken: ${plural(last.findings, "finding")}`, "failure", output.colours)
    : paintState(`✓ unbroken up to #${last.sealedTo}`, "success", output.colours);
}

/** Ends the command with 1 where a chain is broken, or nothing can be said of what the instance has seen. */
function demandUnbroken({ broken, companies, file }: AuditResult): void {
  const bad = companies.find((verdict) => verdict.broken);
  const [first] = bad?.findings ?? [];
  if (broken && bad && first) {
    const name = bad.companyName ?? bad.companyId;
    throw new Failure({
      code: "audit_broken",
      message: `The access events of ${name} are not what was written, from #${first.sequence} on: ${first.message}`,
      next: wayOn(first.kind),
      details: { companyId: bad.companyId, kind: first.kind, sequence: first.sequence },
    });
  }
  if (file.state === "damaged" && file.message !== null) {
    throw new Failure({
      code: "audit_file_damaged",
      message: file.message,
      ...(file.next === null ? {} : { next: file.next }),
    });
  }
}

function wayOn(kind: AuditFinding["kind"]): string {
  return kind === "rolled_back"
    ? "If a backup was put back on purpose, remove secrets/audit-heads.json of the instance and verify again. Otherwise find out who could write to the database, and keep a copy of it as it is."
    : "Keep a copy of the database as it is, and find out who could write to it. docs/SECRETS.md says what each finding means.";
}
