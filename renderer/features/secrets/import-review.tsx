import type { ImportedRow, ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import type { ImportChoice } from "./import-words.ts";
import { storedKey } from "./key-text.ts";
import { counted } from "./secret-words.ts";

export interface ImportReviewProps {
  readonly vault: ProviderVaultRecord;
  readonly choices: readonly ImportChoice[];
  onChoices(choices: readonly ImportChoice[]): void;
  onBack(): void;
  onImported(rows: readonly ImportedRow[]): void;
}

/** The chosen secrets with the keys and names that they get here. */
export function ImportReview({ vault, choices, onChoices, onBack, onImported }: ImportReviewProps) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const take = useAction(() =>
    client.providerVaults.importSecrets({
      company: company.id,
      vault: vault.id,
      rows: choices.map(({ remote, key, name }) => ({
        externalRef: remote.externalRef,
        ...(key.trim() === "" ? {} : { key }),
        ...(name.trim() === "" ? {} : { name }),
      })),
    }),
  );
  const submit = async () => {
    const answer = await take.run(undefined);
    if (answer !== null) onImported(answer.rows);
  };
  const change = (index: number, next: Partial<ImportChoice>) =>
    onChoices(choices.map((choice, at) => (at === index ? { ...choice, ...next } : choice)));
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p className="quiet">
        Each is linked to what is current in {vault.name}, on its own: one that cannot be imported keeps no other from
        it.
      </p>
      <ul className="import-screen-list" aria-label="Chosen secrets">
        {choices.map((choice, index) => (
          <li key={choice.remote.externalRef} className="import-screen-row">
            <code className="import-screen-name">{choice.remote.name}</code>
            <div className="import-screen-fields" role="group" aria-label={choice.remote.name}>
              <TextField
                label="Key"
                mono
                autoComplete="off"
                maxLength={200}
                value={choice.key}
                onChange={(key) => change(index, { key })}
              />
              <TextField
                label="Name"
                autoComplete="off"
                maxLength={120}
                value={choice.name}
                onChange={(name) => change(index, { name })}
              />
            </div>
            {hintOf(choices, index) === null ? null : <p className="field-error">{hintOf(choices, index)}</p>}
          </li>
        ))}
      </ul>
      {take.failure === null ? null : <FailureNotice failure={take.failure} what="Nothing was imported" />}
      <div className="field-actions">
        <Button type="submit" variant="primary" isPending={take.pending} isDisabled={readOnly !== null}>
          Import {counted(choices.length, "secret")}
        </Button>
        <Button onPress={onBack}>Back</Button>
      </div>
    </Form>
  );
}

/** What is known to be in the way of a row as it stands, or null. */
function hintOf(choices: readonly ImportChoice[], index: number): string | null {
  const choice = choices[index];
  if (choice === undefined) return null;
  const { remote, key, name } = choice;
  if (storedKey(key) === "") return "A key needs a letter or a digit.";
  if (remote.conflict === "key" && storedKey(key) === storedKey(remote.key)) return sentence(remote.reason);
  if (remote.conflict === "name" && name.trim() === remote.name) return sentence(remote.reason);
  return choices.some((other, at) => at < index && storedKey(other.key) === storedKey(key))
    ? "Another one above has this key."
    : null;
}

function sentence(reason: string | null): string | null {
  return reason === null ? null : `${reason.charAt(0).toUpperCase()}${reason.slice(1)}.`;
}
