import { Plus, X } from "lucide-react";
import { useEffect, useId, useRef } from "react";
import { Button, IconButton } from "../../ui/button.tsx";
import { GroupMessage, TextField } from "../../ui/field.tsx";
import { pairsIn, pairsText } from "./pairs.ts";
import type { Pair } from "./pairs.ts";
import "./pairs-field.css";

export interface PairsFieldProps {
  /** The name of the field as the control plane has it; each value has that with its own name behind it. */
  readonly name: string;
  /** In the plural, such as "Headers". */
  readonly label: string;
  readonly help: string | null;
  /** Lines of `name: value`. */
  readonly text: string;
  onChange(text: string): void;
  readonly isReadOnly: boolean;
}

/** Texts by name, such as the headers of a request: a line each. */
export function PairsField({ name, label, help, text, onChange, isReadOnly }: PairsFieldProps) {
  const labelId = useId();
  const helpId = useId();
  const rows = useRef<HTMLUListElement>(null);
  const added = useRef(false);
  const pairs = pairsIn(text);
  const one = label.replace(/s$/, "");
  const put = (index: number, pair: Pair) =>
    onChange(pairsText(pairs.map((each, place) => (place === index ? pair : each))));
  useEffect(() => {
    if (!added.current) return;
    added.current = false;
    rows.current?.querySelector<HTMLElement>("li:last-child input")?.focus();
  });
  return (
    <div className="pairs-field" role="group" aria-labelledby={labelId} aria-describedby={helpId}>
      <span id={labelId} className="field-label">
        {label}
        <span className="field-optional"> optional</span>
      </span>
      {pairs.length === 0 ? null : (
        <ul ref={rows} className="pairs-field-rows">
          {pairs.map(([key, value], index) => (
            // Lines have no identity beside their place, and hold nothing of their own.
            // oxlint-disable-next-line react/no-array-index-key
            <li key={index} className="pairs-field-row">
              <TextField
                label={`${one} ${index + 1}, name`}
                labelUnseen
                mono
                autoComplete="off"
                placeholder="name"
                value={key}
                onChange={(next) => put(index, [next, value])}
                isReadOnly={isReadOnly}
              />
              <TextField
                name={`${name}.${key}`}
                label={`${one} ${index + 1}, value`}
                labelUnseen
                mono
                autoComplete="off"
                placeholder="value, or {{env.KEY}}"
                value={value}
                onChange={(next) => put(index, [key, next])}
                isReadOnly={isReadOnly}
              />
              {isReadOnly ? null : (
                <IconButton
                  icon={X}
                  label={`Remove ${key.trim() === "" ? `${one.toLowerCase()} ${index + 1}` : key}`}
                  onPress={() => onChange(pairsText(pairs.filter((_, place) => place !== index)))}
                />
              )}
            </li>
          ))}
        </ul>
      )}
      <GroupMessage name={name} />
      {help === null ? null : (
        <span id={helpId} className="field-help">
          {help}
        </span>
      )}
      {isReadOnly ? null : (
        <div>
          <Button
            icon={Plus}
            onPress={() => {
              added.current = true;
              onChange(pairsText([...pairs, ["", ""]]));
            }}
          >
            Add {one.toLowerCase()}
          </Button>
        </div>
      )}
    </div>
  );
}
