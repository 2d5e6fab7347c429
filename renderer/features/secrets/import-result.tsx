import { Link } from "@tanstack/react-router";
import { useEffect, useRef } from "react";
import type { ImportedRow } from "../../../preload/contract/providers.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { SecretTag } from "../../ui/tag.tsx";
import { countsText, resultWord } from "./import-words.ts";
import type { ImportChoice } from "./import-words.ts";
import { counted } from "./secret-words.ts";

export interface ImportResultProps {
  readonly rows: readonly ImportedRow[];
  readonly choices: readonly ImportChoice[];
  /** Goes on: with the rows that were not imported, or with none. */
  onAgain(left: readonly ImportChoice[]): void;
}

/** What became of each row. Rows that were not imported can be changed and tried again. */
export function ImportResult({ rows, choices, onAgain }: ImportResultProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => heading.current?.focus(), []);
  const count = (result: ImportedRow["result"]) => rows.filter((row) => row.result === result).length;
  const left = choices.filter(({ remote }) =>
    rows.some(
      ({ externalRef, result, conflict }) =>
        externalRef === remote.externalRef && result !== "imported" && conflict !== "exact_reference",
    ),
  );
  return (
    <div className="import-screen">
      <h2 ref={heading} tabIndex={-1}>
        {countsText({ imported: count("imported"), skipped: count("skipped"), errors: count("error") })}
      </h2>
      <ul className="import-screen-list" aria-label="Results">
        {rows.map((row) => {
          const { state, word } = resultWord(row);
          return (
            <li key={row.externalRef} className="import-screen-row">
              <div className="import-screen-outcome">
                <Mark state={state}>{word}</Mark>
                {row.secret === null ? (
                  <code className="import-screen-name">{nameOf(row, choices)}</code>
                ) : (
                  <Link to="/secrets/$secretId" params={{ secretId: row.secret.id }}>
                    <SecretTag secretKey={row.secret.key} />
                  </Link>
                )}
              </div>
              {row.message === null ? null : <p className="import-screen-detail">{row.message}</p>}
            </li>
          );
        })}
      </ul>
      <div className="field-actions">
        {left.length === 0 ? null : (
          <Button variant="primary" onPress={() => onAgain(left)}>
            Change {counted(left.length, "row")} and try again
          </Button>
        )}
        <Button onPress={() => onAgain([])}>Import more</Button>
        <Link to="/secrets" className={buttonClass()}>
          Open secrets
        </Link>
      </div>
    </div>
  );
}

function nameOf({ externalRef }: ImportedRow, choices: readonly ImportChoice[]): string {
  return choices.find(({ remote }) => remote.externalRef === externalRef)?.remote.name ?? externalRef;
}
