import type { AgentRecord } from "../../../preload/contract/work.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { Button } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { Section } from "../../ui/page.tsx";
import type { Adapter } from "./agent-form.ts";
import { useAgentTest } from "./use-agent-test.ts";
import "./agent-test.css";

/** The names of checks, as people call them. */
const CHECKS: Readonly<Record<string, string>> = {
  configuration: "Configuration",
  folder: "Folder",
  command: "Program",
  start: "Start",
  variables: "Variables",
  connection: "Connection",
};

/** What is looked at, by what the agent starts. */
const WORDS: Readonly<Record<Adapter["kind"], { readonly running: string; readonly about: string }>> = {
  process: {
    running: "Looking for the program as a run would",
    about: "Looks at configuration, folder and program as a run would find them. No routine is run.",
  },
  request: {
    running: "Connecting to the service",
    about: "Looks at the configuration and connects to the service. Nothing is sent to it.",
  },
};

export interface AgentTestSectionProps {
  readonly agent: AgentRecord;
  readonly kind: Adapter["kind"];
  readonly unsaved: boolean;
}

/** Checks an agent as a run would start it, without running a routine. */
export function AgentTestSection({ agent, kind, unsaved }: AgentTestSectionProps) {
  const { test, outcome, isOutdated, begin } = useAgentTest(agent);
  return (
    <Section
      title="Test"
      actions={
        <Button isPending={test.pending} onPress={begin}>
          {outcome === null ? "Test agent" : "Test again"}
        </Button>
      }
    >
      {unsaved ? <p className="quiet">The test is of what is saved, not of what is typed below.</p> : null}
      {test.failure ? <FailureNotice what="The agent was not tested" failure={test.failure} onRetry={begin} /> : null}
      <div role="status" className="agent-test">
        {test.pending ? <Mark state="running">{WORDS[kind].running}</Mark> : null}
        {outcome === null ? (
          test.pending || test.failure ? null : (
            <p className="quiet">{WORDS[kind].about}</p>
          )
        ) : (
          <>
            {isOutdated ? <p className="quiet">The agent was changed since this test. Test it again.</p> : null}
            <ol className="agent-test-checks">
              {outcome.result.checks.map(({ name, ok, message, next }) => (
                <li key={name} className="agent-test-check">
                  <Mark state={ok ? "ok" : "error"}>{CHECKS[name] ?? name}</Mark>
                  <div className="agent-test-words">
                    <p>{message}</p>
                    {next === null ? null : (
                      <p className="quiet">
                        <NextStep text={next} />
                      </p>
                    )}
                  </div>
                </li>
              ))}
            </ol>
          </>
        )}
      </div>
    </Section>
  );
}
