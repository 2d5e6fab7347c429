import { useState } from "react";
import type { TestedDelivery } from "../../../../preload/contract/webhooks.ts";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import { useClient } from "../../../data/panel-context.tsx";
import type { Client } from "../../../data/transport.ts";
import { useAction } from "../../../data/use-action.ts";
import { Button } from "../../../ui/button.tsx";
import { Form, TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import type { OneWebhook } from "./webhook-dialog.tsx";

/** Asks what a delivery with this body would come to. Nothing is started. */
export function TestDelivery({ one }: { readonly one: OneWebhook }) {
  const client = useClient();
  const [text, setText] = useState('{\n  "branch": "main"\n}');
  const [broken, setBroken] = useState(false);
  const test = useAction(async () => {
    const payload = readJson(text);
    if (payload === BROKEN) {
      setBroken(true);
      return null;
    }
    return client.webhooks.test({ ...one, ...(payload === undefined ? {} : { payload }) });
  });
  const [tested, setTested] = useState<TestedDelivery | null>(null);
  return (
    <Form
      validationErrors={broken ? NOT_JSON : NO_ERRORS}
      onSubmit={(event) => {
        event.preventDefault();
        setTested(null);
        void test.run(undefined).then(setTested);
      }}
    >
      <TextField
        name="payload"
        label="Body, as JSON"
        mono
        rows={4}
        value={text}
        onChange={(next) => {
          setText(next);
          setBroken(false);
        }}
      />
      {test.failure === null ? null : <FailureNotice failure={test.failure} what="The delivery was not tried" />}
      {tested === null ? null : <Verdict tested={tested} />}
      <div>
        <Button type="submit" isPending={test.pending}>
          Send test delivery
        </Button>
      </div>
    </Form>
  );
}

function Verdict({ tested }: { readonly tested: TestedDelivery }) {
  const { outcome, httpStatus, reason, variables, listening, listener } = tested;
  const refused = outcome === "refused";
  const values = Object.entries(variables).map(([name, value]) => `${name} = ${JSON.stringify(value)}`);
  return (
    <Notice
      tone={refused ? "bad" : listening ? "good" : "doubtful"}
      title={refused ? `It would be refused with ${String(httpStatus)}: ${reason}` : `${reason} Nothing was started.`}
      next={listening ? null : listener}
    >
      {values.length === 0 ? null : <span className="mono small">{values.join(", ")}</span>}
    </Notice>
  );
}

type Payload = Parameters<Client["webhooks"]["test"]>[0]["payload"];

const NO_ERRORS = {};
const NOT_JSON = { payload: "This is not JSON. Leave it empty for a delivery without a body." };
const BROKEN = Symbol("broken");

function readJson(text: string) {
  if (text.trim() === "") return undefined;
  try {
    return JSON.parse(text) as Payload;
  } catch {
    return BROKEN;
  }
}
