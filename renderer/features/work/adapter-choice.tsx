import { Label, Radio, RadioGroup } from "react-aria-components";
import { Mark } from "../../ui/mark.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { inOrderOfUse } from "./agent-form.ts";
import type { Adapter } from "./agent-form.ts";
import "./adapter-choice.css";

export interface AdapterChoiceProps {
  readonly adapters: readonly Adapter[];
  readonly selected: string;
  onSelect(id: string): void;
  readonly isReadOnly?: boolean;
}

/** The ways to start an agent: those whose program is here first, each with where it is. */
export function AdapterChoice({ adapters, selected, onSelect, isReadOnly = false }: AdapterChoiceProps) {
  return (
    <RadioGroup className="adapter-choice" value={selected} onChange={onSelect} isReadOnly={isReadOnly}>
      <Label className="field-label">Adapter</Label>
      {inOrderOfUse(adapters).map((adapter) => (
        <Radio key={adapter.id} value={adapter.id} className="adapter-choice-one">
          <span className="adapter-choice-radio" aria-hidden="true" />
          <span className="adapter-choice-words">
            <strong>{adapter.label}</strong>
            <span className="quiet small">
              <NextStep text={adapter.description} />
            </span>
          </span>
          <span className="adapter-choice-place small">
            <AdapterPlace adapter={adapter} />
          </span>
        </Radio>
      ))}
    </RadioGroup>
  );
}

/** Where an adapter's program is; nothing for one that starts any program. */
export function AdapterPlace({ adapter: { program, found } }: { readonly adapter: Adapter }) {
  if (program === null) return null;
  if (found === null) {
    return (
      <Mark state="missing">
        <code>{program}</code> is not on PATH
      </Mark>
    );
  }
  return (
    <Mark state="ok">
      <code>{found}</code>
    </Mark>
  );
}
