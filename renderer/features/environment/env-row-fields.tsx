import { Lock, X } from "lucide-react";
import { useId } from "react";
import type { ClipboardEvent, KeyboardEvent } from "react";
import type { Layer } from "../../../preload/contract/environment.ts";
import { judgePlainValue, whyNotSealable } from "../../../preload/rules/credentials.ts";
import { Button, IconButton } from "../../ui/button.tsx";
import { Select, TextField } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { LayerTags } from "../../ui/tag.tsx";
import { envBlock } from "./env-block.ts";
import type { EnvPair } from "./env-block.ts";
import { CHOOSE_SECRET, placeholderIn } from "./env-problems.ts";
import type { EnvRow } from "./env-rows.ts";
import type { Precedence } from "./precedence.ts";
import { versionOptions } from "./reference-state.ts";
import type { ReferenceProblem, SecretState } from "./reference-state.ts";
import { RowState } from "./row-state.tsx";
import { SecretPicker } from "./secret-picker.tsx";

export interface EnvRowFieldsProps {
  readonly row: EnvRow;
  readonly layer: Layer;
  /** Whether other layers are shown beside this one. */
  readonly hasLayers: boolean;
  readonly precedence: Precedence | null;
  readonly secret: SecretState | null;
  readonly reference: ReferenceProblem | null;
  /** Why the line cannot be saved. */
  readonly problem: string | undefined;
  readonly isReadOnly: boolean;
  /** The line below the last one, in which a new key begins. */
  readonly isNew: boolean;
  onChange(row: EnvRow): void;
  onRemove(): void;
  onPaste(pairs: readonly EnvPair[]): void;
  onCreateSecret(): void;
  onSeal(): void;
}

const SOURCES: readonly Option[] = [
  { id: "plain", label: "plain" },
  { id: "secret", label: "secret" },
];

/** One line of an env: key, source, value or secret, who wins, and what is the matter. */
export function EnvRowFields(props: EnvRowFieldsProps) {
  const { row, layer, hasLayers, precedence, secret, reference, problem, isReadOnly, isNew, onChange } = props;
  const id = useId();
  const key = row.key.trim();
  const name = key === "" ? "the new key" : key;
  const message = problem === CHOOSE_SECRET ? undefined : problem;
  const sign = row.kind === "plain" && !isReadOnly ? judgePlainValue(row.key, row.value) : null;
  const placeholder = row.kind === "plain" && !isReadOnly ? placeholderIn(row.value) : null;
  const hasWords = message !== undefined || sign !== null || placeholder !== null;
  const described = hasWords ? { "aria-describedby": id } : {};
  const pasteInto = (least: number) => (event: ClipboardEvent) => {
    const pairs = envBlock(event.clipboardData.getData("text/plain"));
    if (isReadOnly || pairs === null || pairs.length < least) return;
    event.preventDefault();
    props.onPaste(pairs);
  };
  return (
    <li className="env-editor-line">
      <div role="group" aria-label={isNew ? "New line" : name} className="env-editor-row" data-row={row.id}>
        <div className="env-editor-key">
          <TextField
            label={isNew ? "New key" : "Key"}
            labelUnseen
            mono
            placeholder={isNew ? "NEW_KEY" : ""}
            autoComplete="off"
            value={row.key}
            isReadOnly={isReadOnly}
            isInvalid={message !== undefined}
            {...described}
            onPaste={pasteInto(1)}
            onChange={(next) => onChange({ ...row, key: next })}
          />
        </div>
        <div className="env-editor-source">
          <Select
            label={`Source of ${name}`}
            labelUnseen
            options={SOURCES}
            value={row.kind}
            isDisabled={isReadOnly}
            onChange={(kind) => onChange({ ...row, kind: kind === "secret" ? "secret" : "plain" })}
          />
        </div>
        <div className="env-editor-value">
          {row.kind === "plain" ? (
            <TextField
              label={`Value of ${name}`}
              labelUnseen
              mono
              rows={1}
              placeholder={isNew ? "value" : "empty"}
              autoComplete="off"
              value={row.value}
              isReadOnly={isReadOnly}
              {...described}
              onPaste={pasteInto(2)}
              onKeyDown={(event) => keepOneLine(event, row.value)}
              onChange={(value) => onChange({ ...row, value })}
            />
          ) : (
            <>
              <SecretPicker
                label={`Secret of ${name}`}
                secretId={row.secretId}
                state={secret}
                isReadOnly={isReadOnly}
                {...(hasWords ? { describedBy: id } : {})}
                onChoose={(secretId) => onChange({ ...row, secretId, version: "latest" })}
                onCreate={props.onCreateSecret}
              />
              {secret?.kind === "there" && row.secretId !== null ? (
                <Select
                  label={`Version of ${name}`}
                  labelUnseen
                  options={versionOptions(secret.secret, row.version)}
                  value={String(row.version)}
                  isDisabled={isReadOnly}
                  onChange={(version) =>
                    onChange({ ...row, version: version === "latest" ? "latest" : Number(version) })
                  }
                />
              ) : null}
            </>
          )}
        </div>
        {hasLayers ? (
          <div className="env-editor-layers">
            {precedence === null ? null : <LayerTags winner={precedence.winner} overrides={precedence.overrides} />}
          </div>
        ) : null}
        <div className="env-editor-state">
          {isNew ? null : (
            <RowState row={row} layer={layer} precedence={precedence} secret={secret} problem={reference} />
          )}
        </div>
        <div className="env-editor-end">
          {row.kind === "plain" && whyNotSealable(row.value) === null && key !== "" && !isReadOnly ? (
            <IconButton icon={Lock} label={`Seal ${name} into a secret`} onPress={props.onSeal} />
          ) : null}
          {isNew || isReadOnly ? null : <IconButton icon={X} label={`Remove ${name}`} onPress={props.onRemove} />}
        </div>
      </div>
      {hasWords ? (
        <div id={id} className="env-editor-words">
          {message === undefined ? null : <p className="field-error">{message}</p>}
          {placeholder === null ? null : (
            <p className="env-editor-sign">
              The process gets <code>{placeholder}</code> as it stands: only the title and the instructions of a routine
              are filled in.
            </p>
          )}
          {sign === null ? null : (
            <p className={sign.verdict === "refuse" ? "env-editor-sign" : "quiet"}>
              {sign.why} A plain value is shown in clear wherever this env is shown.{" "}
              {key !== "" && whyNotSealable(row.value) === null ? (
                <Button onPress={props.onSeal}>Seal into a secret</Button>
              ) : null}
            </p>
          )}
        </div>
      ) : null}
    </li>
  );
}

/** Enter begins a second line only where there is one already, or with Shift. */
function keepOneLine(event: KeyboardEvent, value: string): void {
  if (event.key === "Enter" && !event.shiftKey && !value.includes("\n")) event.preventDefault();
}
