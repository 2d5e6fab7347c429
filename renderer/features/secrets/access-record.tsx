import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { ShieldCheck } from "lucide-react";
import type { AuditFinding, AuditResult, AuditStatus } from "../../../preload/contract/audit.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useStatus } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { Time } from "../../ui/time.tsx";
import { findingText, sealedText, soundText, wayOn } from "./access-words.ts";
import { counted } from "./secret-words.ts";
import { useVerification } from "./use-verification.ts";
import type { Verification } from "./use-verification.ts";
import "./access-record.css";

/** Findings that are named; a record that was rewritten has thousands. */
const NAMED = 5;

/** How far the record of access is sealed, whether it holds, and the way to find out. */
export function AccessRecord() {
  const company = useCompany();
  const query = useQuery(useQueries().audit.status.queryOptions({ input: { company: company.id } }));
  const { state, start, cancel } = useVerification();
  const locked = useStatus()?.vault.state === "locked";
  const running = state.kind === "running";
  return (
    <div className="access-record">
      <Answered
        query={query}
        what="How far the record is sealed cannot be shown"
        loading={<p className="access-record-line">&nbsp;</p>}
      >
        {(status) => (
          <div className="access-record-line">
            <p className="access-record-facts">
              <span className="tabular">{sealedText(status)}</span>
              {status.waiting === null ? null : <span>{status.waiting}</span>}
              <LastVerified last={status.last} />
            </p>
            {running ? (
              <Button onPress={cancel}>Cancel verification</Button>
            ) : (
              <Button icon={ShieldCheck} isDisabled={locked} onPress={start}>
                Verify record
              </Button>
            )}
          </div>
        )}
      </Answered>
      {locked ? (
        <p className="quiet small">The record can be verified once the vault is open: the seals need its key.</p>
      ) : null}
      <Outcome state={state} />
      {state.kind === "none" && query.data?.last?.broken === true ? <BrokenBefore last={query.data.last} /> : null}
    </div>
  );
}

function LastVerified({ last }: Pick<AuditStatus, "last">) {
  if (last === null) return <span>It was never verified.</span>;
  return (
    <span className="access-record-last">
      <Mark state={last.broken ? "error" : "ok"}>{last.broken ? "broken" : "unbroken"}</Mark> when verified{" "}
      <Time instant={last.at} />
    </span>
  );
}

function Outcome({ state }: { readonly state: Verification }) {
  switch (state.kind) {
    case "none":
      return null;
    case "running":
      return <Running checked={state.checked} total={state.total} />;
    case "failed":
      return <FailureNotice what="The record was not verified" failure={state.failure} />;
    case "done":
      return <Result result={state.result} />;
  }
}

function Running({ checked, total }: { readonly checked: number; readonly total: number | null }) {
  const known = total === null ? {} : { value: checked, max: total };
  return (
    <p className="access-record-running" role="status">
      <progress aria-label="Events checked" {...known} />
      <span className="tabular">
        {total === null
          ? "Checking each event against its seal."
          : `${checked.toLocaleString("en")} of ${counted(total, "event")} checked.`}
      </span>
    </p>
  );
}

function Result({ result: { companies, file } }: { readonly result: AuditResult }) {
  const [verdict] = companies;
  const [first, ...others] = verdict?.findings ?? [];
  const left = file.message === null ? null : <p>{file.message}</p>;
  if (verdict === undefined || verdict.checked === 0) {
    if (first === undefined) return <Notice title="There is no event to verify yet.">{left}</Notice>;
  }
  if (verdict === undefined || first === undefined) {
    const doubt = file.state === "damaged";
    return (
      <Notice tone={doubt ? "doubtful" : "good"} title="The record is unbroken." next={file.next}>
        <p>{verdict === undefined ? null : soundText(verdict)}</p>
        {left}
      </Notice>
    );
  }
  const more = others.length - (NAMED - 1) + verdict.more;
  return (
    <Notice
      tone="bad"
      title={`The record is broken. ${first.message}`}
      next={wayOn(first.kind)}
      actions={<ShowEvent of={first} />}
    >
      {others.length === 0 ? null : (
        <ul className="access-record-findings">
          {others.slice(0, NAMED - 1).map((finding) => (
            <li key={`${finding.kind} ${finding.sequence}`}>
              {finding.message} <ShowEvent of={finding} />
            </li>
          ))}
          {more > 0 ? <li>and {counted(more, "further finding")}</li> : null}
        </ul>
      )}
      {left}
    </Notice>
  );
}

/** What the last verification found, where this panel has not made one of its own. */
function BrokenBefore({ last }: { readonly last: NonNullable<AuditStatus["last"]> }) {
  const first = last.first;
  return (
    <Notice
      tone="bad"
      title={`The record was found broken${first === null ? "" : `: ${findingText(first)}`}.`}
      next={first === null ? null : wayOn(first.kind)}
      actions={first === null ? null : <ShowEvent of={first} />}
    >
      {last.findings > 1 ? `There are ${counted(last.findings, "finding")}; a verification names them.` : null}
    </Notice>
  );
}

/** The way to where a finding is in the list. */
function ShowEvent({ of: { sequence, until } }: { readonly of: Pick<AuditFinding, "sequence" | "until"> }) {
  return (
    <Link to="/secrets/access" search={{ event: until }}>
      Show #{sequence}
    </Link>
  );
}
