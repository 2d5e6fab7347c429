import { useState } from "react";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { prefixOf } from "./steps.ts";

/** The company: the outer boundary of everything that follows. */
export function CompanyStep() {
  const client = useClient();
  const readOnly = useReadOnly();
  const [name, setName] = useState("");
  const [ownPrefix, setOwnPrefix] = useState<string | null>(null);
  const prefix = ownPrefix ?? prefixOf(name);
  const create = useAction(() =>
    client.companies.create({ name, ...(prefix === "" ? {} : { issuePrefix: prefix.toUpperCase() }) }),
  );
  return (
    <>
      <p className="welcome-lead">
        A company holds agents, routines and secrets, and nothing of it is visible to another. One is enough to begin
        with.
      </p>
      <Form
        validationErrors={create.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          void create.run(undefined);
        }}
      >
        <TextField label="Name" name="name" value={name} onChange={setName} autoFocus isRequired placeholder="Acme" />
        <TextField
          label="Prefix"
          name="issuePrefix"
          mono
          optional
          value={prefix}
          onChange={setOwnPrefix}
          help="2 to 10 letters and digits that issue keys begin with, such as ACM-12."
        />
        {create.failure && !create.failure.fields ? (
          <FailureNotice what="The company was not created" failure={create.failure} />
        ) : null}
        <div>
          <Button type="submit" variant="primary" isPending={create.pending} isDisabled={readOnly !== null}>
            Create company
          </Button>
        </div>
      </Form>
    </>
  );
}
