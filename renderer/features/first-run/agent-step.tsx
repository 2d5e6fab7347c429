import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { Label, Radio, RadioGroup } from "react-aria-components";
import type { AgentRecord, CompanyRecord } from "../../../preload/contract/work.ts";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { argvText, parseArgv } from "../work/argv.ts";
import { tryCommand } from "./try-out.ts";

export interface AgentStepProps {
  readonly company: CompanyRecord;
  /** Made a moment ago, and to be looked at. */
  readonly agent: AgentRecord | null;
  onDone(): void;
}

/** Who does the work: an agent's command line that is found here, or any program. */
export function AgentStep({ company, agent, onDone }: AgentStepProps) {
  return agent === null ? <ChooseAgent company={company} /> : <CheckAgent agent={agent} onDone={onDone} />;
}

const PROGRAM = "process";

function ChooseAgent({ company }: { readonly company: CompanyRecord }) {
  const client = useClient();
  const queries = useQueries();
  const readOnly = useReadOnly();
  const adapters = useQuery(queries.agents.adapters.queryOptions());
  const shell = useQuery(queries.shell.info.queryOptions());
  const [chosen, setChosen] = useState<string | null>(null);
  const [typed, setTyped] = useState<string | null>(null);
  const command = typed ?? argvText(tryCommand(shell.data?.platform ?? "linux"));
  const parsed = parseArgv(command);
  const create = useAction((adapter: { id: string; label: string }) =>
    client.agents.create(
      adapter.id === PROGRAM
        ? {
            company: company.id,
            name: "Shell",
            adapter: PROGRAM,
            config: { command: parsed.ok ? [...parsed.argv] : [], instructions: "stdin" },
          }
        : { company: company.id, name: adapter.label, adapter: adapter.id },
    ),
  );
  return (
    <>
      <p className="welcome-lead">
        An agent is a program of this machine that is given the instructions. The ones below are looked for where a run
        would find them.
      </p>
      <Answered query={adapters} what="The kinds of agents cannot be shown">
        {({ adapters: all }) => {
          const found = all.filter((adapter) => adapter.found !== null);
          const program = all.find(({ id }) => id === PROGRAM);
          const offered = program ? [...found, program] : found;
          const selected = offered.find(({ id }) => id === chosen) ?? offered[0];
          const missing = all.filter((adapter) => adapter.program !== null && adapter.found === null);
          return (
            <Form
              validationErrors={create.fieldErrors}
              onSubmit={(event) => {
                event.preventDefault();
                if (selected && (selected.id !== PROGRAM || parsed.ok)) void create.run(selected);
              }}
            >
              <RadioGroup className="welcome-choices" value={selected?.id ?? ""} onChange={setChosen}>
                <Label className="unseen">Agent</Label>
                {offered.map(({ id, label, description, found: place }) => (
                  <Radio key={id} value={id} className="welcome-choice">
                    <span className="welcome-radio" aria-hidden="true" />
                    <span className="welcome-choice-words">
                      <strong>{id === PROGRAM ? "Any program" : label}</strong>
                      <span className="quiet small">
                        {id === PROGRAM ? "A command of your own, or the one below to try things out." : description}
                      </span>
                    </span>
                    {place === null ? null : <code className="quiet">{place}</code>}
                  </Radio>
                ))}
              </RadioGroup>
              {selected?.id === PROGRAM ? (
                <TextField
                  label="Command"
                  name="config.command"
                  mono
                  value={command}
                  onChange={setTyped}
                  isInvalid={!parsed.ok}
                  help={
                    parsed.ok
                      ? "The program and its arguments. The instructions come on its standard input."
                      : parsed.message
                  }
                />
              ) : null}
              {missing.length === 0 ? null : (
                <p className="quiet small">
                  Not found here: {missing.map(({ label, program: name }) => `${label} (${name})`).join(", ")}. Once one
                  is installed, add it under Agents.
                </p>
              )}
              {create.failure ? <FailureNotice what="The agent was not created" failure={create.failure} /> : null}
              <div>
                <Button type="submit" variant="primary" isPending={create.pending} isDisabled={readOnly !== null}>
                  Create agent
                </Button>
              </div>
            </Form>
          );
        }}
      </Answered>
    </>
  );
}

function CheckAgent({ agent, onDone }: { readonly agent: AgentRecord; onDone(): void }) {
  const queries = useQueries();
  const test = useQuery(queries.agents.test.queryOptions({ input: { company: agent.companyId, agent: agent.id } }));
  return (
    <>
      <p className="welcome-lead">
        The agent <strong dir="auto">{agent.name}</strong> is created. It is checked as a run would start it.
      </p>
      <Answered query={test} what="The agent was not checked">
        {({ ok, checks }) => (
          <>
            <ul className="welcome-choices">
              {checks.map(({ name, ok: passed, message, next }) => (
                <li key={name}>
                  <Mark state={passed ? "ok" : "error"}>{message}</Mark>
                  {next === null ? null : (
                    <p className="quiet">
                      <NextStep text={next} />
                    </p>
                  )}
                </li>
              ))}
            </ul>
            <div className="field-actions">
              <Button variant="primary" onPress={onDone} autoFocus>
                {ok ? "Go on" : "Go on all the same"}
              </Button>
              {ok ? null : <Button onPress={() => void test.refetch()}>Check again</Button>}
            </div>
          </>
        )}
      </Answered>
    </>
  );
}
