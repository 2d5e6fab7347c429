import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { Attempt, RunDetail } from "../../../preload/contract/runs.ts";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Section, Stack } from "../../ui/page.tsx";
import { bytesText } from "../../ui/time-text.ts";
import { sourceText } from "./source-text.ts";
import "./run-details.css";

export interface RunDetailsProps {
  readonly run: RunDetail;
  readonly attempt: Attempt | undefined;
  readonly picker: ReactNode;
}

/** Everything else that the record of a run says. */
export function RunDetails({ run, attempt, picker }: RunDetailsProps) {
  const variables = Object.entries(run.variables);
  const log = attempt?.log ?? null;
  return (
    <Stack>
      <Section title="Run">
        <Facts
          facts={[
            ["Run id", <Copied key="run" text={run.id} label="Copy the id of the run" />],
            [
              "Routine",
              <Link key="routine" to="/routines/$routineId" params={{ routineId: run.routineId }} dir="auto">
                {run.routineTitle}
              </Link>,
            ],
            ["Revision", run.revision],
            [
              "Agent",
              run.agentId === null ? null : (
                <Link key="agent" to="/agents/$agentId" params={{ agentId: run.agentId }} dir="auto">
                  {run.agentName ?? run.agentId}
                </Link>
              ),
            ],
            [
              "Project",
              run.projectId === null ? null : (
                <Link key="project" to="/projects/$projectId" params={{ projectId: run.projectId }}>
                  Open project
                </Link>
              ),
            ],
            ["Source", sourceText(run)],
            [
              "Time limit",
              run.timeoutSeconds === null ? null : `${run.timeoutSeconds.toLocaleString("en")} s, by its routine`,
            ],
            ["Log limit", run.logLimitBytes === null ? null : `${bytesText(run.logLimitBytes)}, by its routine`],
            [
              "Idempotency key",
              run.idempotencyKey === null ? null : (
                <Copied key="key" text={run.idempotencyKey} label="Copy the idempotency key" />
              ),
            ],
            [
              "Sheet hash",
              run.sheetHash === null ? null : <Copied key="hash" text={run.sheetHash} label="Copy the sheet hash" />,
            ],
            [
              "Taken up by",
              run.coalescedIntoRunId === null ? null : (
                <Link key="coalesced" to="/runs/$runId" params={{ runId: run.coalescedIntoRunId }}>
                  <code>{run.coalescedIntoRunId}</code>
                </Link>
              ),
            ],
          ]}
        />
      </Section>
      <Section title="Variables">
        {variables.length === 0 ? (
          <p className="quiet">The routine has none, or all were left as they are.</p>
        ) : (
          <Facts
            facts={variables.map(([name, value]) => [
              name,
              <span key={name} dir="auto">
                {typeof value === "string" ? value : JSON.stringify(value)}
              </span>,
            ])}
          />
        )}
      </Section>
      {attempt === undefined ? null : (
        <Section title={`Attempt ${attempt.attempt}`} actions={picker}>
          <Facts
            facts={[
              ["Attempt id", <Copied key="id" text={attempt.id} label="Copy the id of the attempt" />],
              ["Exit code", attempt.exitCode],
              ["Signal", attempt.signal],
              [
                "Processes left",
                attempt.leftProcesses === null
                  ? null
                  : attempt.leftProcesses === 0
                    ? "none found"
                    : `${attempt.leftProcesses} found after it ended`,
              ],
              ["Log", log === null ? null : `${bytesText(log.bytes)}, ${log.lines.toLocaleString("en")} lines`],
              [
                "Log SHA-256",
                log === null || log.sha256 === null ? null : (
                  <Copied key="sha" text={log.sha256} label="Copy the hash of the log" />
                ),
              ],
            ]}
          />
        </Section>
      )}
    </Stack>
  );
}

function Copied({ text, label }: { readonly text: string; readonly label: string }) {
  return (
    <span className="run-details-copied">
      <code dir="auto">{text}</code>
      <CopyButton text={text} label={label} />
    </span>
  );
}
