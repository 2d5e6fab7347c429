import { useRef, useState } from "react";
import type { AgentRecord, CompanyRecord } from "../../../preload/contract/work.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox, Form, Select, TextField } from "../../ui/field.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { TRY_KEY } from "./try-out.ts";

export interface RoutineStepProps {
  readonly company: CompanyRecord;
  readonly agents: readonly AgentRecord[];
}

/** What is to be done, and one secret that the run is given. */
export function RoutineStep({ company, agents }: RoutineStepProps) {
  const client = useClient();
  const readOnly = useReadOnly();
  const [title, setTitle] = useState("First routine");
  const [instructions, setInstructions] = useState("Say hello, and name three things that a good routine does.");
  const [agentId, setAgentId] = useState(agents[0]?.id ?? "");
  const [withSecret, setWithSecret] = useState(true);
  const [key, setKey] = useState(TRY_KEY);
  const entry = useRef<SecretFieldHandle>(null);
  /** Made by an attempt whose routine was then refused; it is taken again as long as nothing else was typed. */
  const [made, setMade] = useState<{ readonly key: string; readonly id: string } | null>(null);

  const secretFor = async (envKey: string): Promise<string> => {
    if (made?.key === envKey) return made.id;
    const secretKey = envKey.toLowerCase().replaceAll("_", "-");
    const value = entry.current?.read() ?? "";
    const { id } = await client.secrets.create({ company: company.id, key: secretKey, value });
    setMade({ key: envKey, id });
    return id;
  };
  const create = useAction(async () => {
    const env = withSecret ? { [key]: { type: "secret_ref" as const, secretId: await secretFor(key) } } : {};
    await client.routines.create({ company: company.id, routine: { title, instructions, agent: agentId, env } });
    entry.current?.clear();
  });

  const shown = new Set(["title", "instructions", "agent", ...(withSecret ? [`env.${key}`, "value"] : [])]);
  const saidAtField = Object.keys(create.fieldErrors).some((field) => shown.has(field));

  return (
    <>
      <p className="welcome-lead">
        A routine is recurring work: instructions, the agent that gets them, and the environment it runs in.
      </p>
      <Form
        validationErrors={create.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          void create.run(undefined);
        }}
      >
        <TextField label="Title" name="title" value={title} onChange={setTitle} isRequired autoFocus />
        <TextField label="Instructions" name="instructions" rows={4} value={instructions} onChange={setInstructions} />
        <Select
          label="Agent"
          name="agent"
          options={agents.map(({ id, name }) => ({ id, label: name }))}
          value={agentId}
          onChange={(id) => setAgentId(String(id ?? ""))}
        />
        <Checkbox isSelected={withSecret} onChange={setWithSecret}>
          Give it a secret
        </Checkbox>
        {withSecret ? (
          <div className="field-row">
            <TextField
              label="Variable"
              name={`env.${key}`}
              mono
              value={key}
              onChange={setKey}
              help="The run finds the value in this environment variable."
            />
            <SecretField
              ref={entry}
              label="Value"
              error={create.fieldErrors["value"]}
              onEdit={() => setMade(null)}
              help="Any text of 4 characters or more. It is encrypted, never shown again, and *** in every log."
            />
          </div>
        ) : null}
        {create.failure === null || saidAtField ? null : (
          <FailureNotice what="The routine was not created" failure={create.failure} />
        )}
        <div>
          <Button type="submit" variant="primary" isPending={create.pending} isDisabled={readOnly !== null}>
            Create routine
          </Button>
        </div>
      </Form>
    </>
  );
}
