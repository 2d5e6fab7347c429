import { useState } from "react";
import type { ImportRow } from "../../../preload/contract/inline-secrets.ts";
import { Button } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { SecretTag, Tag } from "../../ui/tag.tsx";
import { choiceOf, NO_CHOICE, optionsOf } from "./env-file-choices.ts";
import type { Choice, Choices } from "./env-file-choices.ts";

export interface EnvFileRowsProps {
  readonly rows: readonly ImportRow[];
  /** Left out where there is nothing to choose any more. */
  readonly choices?: Choices;
  onChoose?(key: string, choice: Choice, replaces: boolean): void;
}

/** Rows that are shown before the rest is asked for. */
const SHOWN = 50;

/** The keys of a file in its order: what becomes of each, why, and what else could. */
export function EnvFileRows({ rows, choices = NO_CHOICE, onChoose }: EnvFileRowsProps) {
  const [all, setAll] = useState(false);
  const shown = all ? rows : rows.slice(0, SHOWN);
  return (
    <>
      <ul className="env-file-rows" aria-label="Keys of the file">
        {shown.map((row) => {
          const options = onChoose === undefined ? [] : optionsOf(row, choices);
          return (
            <li key={row.key} className="env-file-row">
              <span className="env-file-key">
                <code dir="auto">{row.key}</code>
                <span className="quiet tabular">line {row.line}</span>
              </span>
              <span className="env-file-outcome">
                <Outcome row={row} />
                {row.why === null ? null : <span className="env-file-why">{row.why}</span>}
              </span>
              <span className="env-file-choice">
                {options.length < 2 ? null : (
                  <Select
                    label={`What becomes of ${row.key}`}
                    labelUnseen
                    options={options}
                    value={choiceOf(row, choices)}
                    onChange={(id) => {
                      const chosen = options.find((option) => option.id === id)?.id;
                      const contested = options.some((option) => option.id === "keep");
                      if (chosen !== undefined) onChoose?.(row.key, chosen, contested);
                    }}
                  />
                )}
              </span>
            </li>
          );
        })}
      </ul>
      {shown.length === rows.length ? null : (
        <div>
          <Button onPress={() => setAll(true)}>Show all {rows.length.toLocaleString("en")}</Button>
        </div>
      )}
    </>
  );
}

function Outcome({ row: { outcome, secretKey, replaces } }: { readonly row: ImportRow }) {
  const instead = replaces ? <Tag>replaces what is there</Tag> : null;
  switch (outcome) {
    case "new_secret":
      return (
        <>
          <SecretTag secretKey={secretKey} />
          <Tag>new</Tag>
          {instead}
        </>
      );
    case "existing_secret":
      return (
        <>
          <SecretTag secretKey={secretKey} />
          <Tag>has the same value</Tag>
          {instead}
        </>
      );
    case "plain":
      return (
        <>
          <span>plain</span>
          {instead}
        </>
      );
    case "unchanged":
      return (
        <>
          <span className="quiet">unchanged</span>
          {secretKey === null ? null : <SecretTag secretKey={secretKey} />}
        </>
      );
    case "conflict":
      return <Mark state="held">conflict: what is there stays</Mark>;
    case "refused":
      return <Mark state="missing">cannot be imported</Mark>;
    case "left_out":
      return <span className="quiet">left out</span>;
  }
}
