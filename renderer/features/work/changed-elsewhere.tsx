import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SecretTag } from "../../ui/tag.tsx";
import { useSecretStates } from "../environment/use-secret-states.ts";
import { fieldLabel } from "./agent-form.ts";
import { bindingOf, isEnvField } from "./fields.ts";
import { shortened } from "./shortened.ts";
import type { RecordForm } from "./use-record-form.ts";
import "./changed-elsewhere.css";

/** How much of a value is shown where two are compared. */
const SHOWN_CHARACTERS = 400;

/** Says what somebody else changed while the form was being edited, and asks about each field that both changed. */
export function ChangedElsewhere({ what, form }: { readonly what: "agent" | "project"; readonly form: RecordForm }) {
  const { conflicts, taken } = form;
  if (conflicts.length === 0) {
    if (taken.length === 0) return null;
    return (
      <Notice title={`The ${what} was changed elsewhere while it was edited here.`}>
        Taken in: {taken.map(fieldLabel).join(", ")}. What was typed here is kept.
      </Notice>
    );
  }
  return (
    <Notice
      tone="doubtful"
      title={`The ${what} was changed elsewhere, in fields that are also changed here.`}
      next="Decide for each of them; then it can be saved."
    >
      {taken.length === 0 ? null : <p>Taken in: {taken.map(fieldLabel).join(", ")}.</p>}
      <ul className="changed-elsewhere">
        {conflicts.map((conflict) => {
          const label = fieldLabel(conflict.name);
          return (
            <li key={conflict.name} className="changed-elsewhere-one" aria-label={label}>
              <strong className={isEnvField(conflict.name) ? "mono" : ""}>{label}</strong>
              <dl className="changed-elsewhere-sides">
                <dt>Theirs</dt>
                <dd>
                  <FieldValue name={conflict.name} text={conflict.theirs} />
                </dd>
                <dt>Mine</dt>
                <dd>
                  <FieldValue name={conflict.name} text={conflict.mine} />
                </dd>
              </dl>
              <div className="changed-elsewhere-actions">
                <Button onPress={() => form.decide(conflict, "theirs")}>
                  Take theirs<span className="unseen"> for {label}</span>
                </Button>
                <Button onPress={() => form.decide(conflict, "mine")}>
                  Keep mine<span className="unseen"> for {label}</span>
                </Button>
              </div>
            </li>
          );
        })}
      </ul>
    </Notice>
  );
}

function FieldValue({ name, text }: { readonly name: string; readonly text: string | undefined }) {
  if (text === undefined) return <span className="quiet">not set</span>;
  if (isEnvField(name)) return <BindingValue text={text} />;
  if (text === "") return <span className="quiet">empty</span>;
  return (
    <span className="changed-elsewhere-text" dir="auto">
      {shortened(text, SHOWN_CHARACTERS)}
    </span>
  );
}

function BindingValue({ text }: { readonly text: string }) {
  const binding = bindingOf(text);
  const secretOf = useSecretStates(binding.type === "plain" ? [] : [binding.secretId]);
  if (binding.type === "plain") {
    return (
      <code className="changed-elsewhere-text">
        {binding.value === "" ? "empty" : shortened(binding.value, SHOWN_CHARACTERS)}
      </code>
    );
  }
  const state = secretOf(binding.secretId);
  return (
    <SecretTag
      secretKey={state.kind === "there" ? state.secret.key : null}
      selector={binding.version}
      shortId={binding.secretId.slice(0, 8)}
    />
  );
}
