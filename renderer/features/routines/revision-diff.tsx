import { Minus, Pencil, Plus } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { RoutineDiff } from "../../../preload/contract/routines.ts";
import { DiffLines } from "../../ui/diff-lines.tsx";
import { SecretTag, Tag } from "../../ui/tag.tsx";
import { shortId } from "../environment/reference-state.ts";
import { fieldLabel } from "./draft.ts";
import { fieldName, fieldText } from "./field-text.ts";
import "./revision-diff.css";

type EnvChange = RoutineDiff["env"][number];

/** Whether two revisions hold the same. */
export function isEmptyDiff({ fields, instructions, env }: RoutineDiff): boolean {
  return fields.length === 0 && instructions.length === 0 && env.length === 0;
}

/** What differs between two revisions: fields, lines of the instructions, env keys. Of values only that they changed. */
export function RevisionDiff({ diff }: { readonly diff: RoutineDiff }) {
  const { fields, instructions, env } = diff;
  if (isEmptyDiff(diff)) return <p className="quiet">Nothing differs.</p>;
  return (
    <div className="revision-diff">
      {fields.length === 0 ? null : (
        <table className="revision-diff-fields">
          <thead>
            <tr>
              <th scope="col">Field</th>
              <th scope="col">r{diff.from}</th>
              <th scope="col">r{diff.to}</th>
            </tr>
          </thead>
          <tbody>
            {fields.map((row) => (
              <tr key={row.field}>
                <th scope="row" dir="auto">
                  {fieldName(row) ?? FIELD_LABELS[row.field] ?? fieldLabel(row.field)}
                </th>
                <td dir="auto">{fieldText(row.field, row.from)}</td>
                <td dir="auto">{fieldText(row.field, row.to)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
      {instructions.length === 0 ? null : (
        <section className="revision-diff-part">
          <h3>Instructions</h3>
          <DiffLines lines={instructions} label={`Instructions, r${diff.from} to r${diff.to}`} />
        </section>
      )}
      {env.length === 0 ? null : (
        <section className="revision-diff-part">
          <h3>Environment</h3>
          <EnvChanges changes={env} />
        </section>
      )}
    </div>
  );
}

/** The diff names what the control plane calls `agent`; the form calls it by its id. */
const FIELD_LABELS: Readonly<Record<string, string>> = {
  agent: "Agent",
  project: "Project",
  variables: "Order of variables",
};

const SIGNS: Readonly<Record<EnvChange["change"], readonly [icon: LucideIcon, words: string]>> = {
  added: [Plus, "added"],
  removed: [Minus, "removed"],
  kind_changed: [Pencil, "kind changed"],
  secret_changed: [Pencil, "secret changed"],
  version_changed: [Pencil, "version changed"],
  value_changed: [Pencil, "value changed"],
};

/** Env keys that differ, each with what kind of change it is. */
function EnvChanges({ changes }: { readonly changes: readonly EnvChange[] }) {
  return (
    <ul className="revision-diff-env">
      {changes.map(({ key, change, from, to }) => {
        const [Sign, words] = SIGNS[change];
        const sides = change === "value_changed" ? [] : [from, to].filter((side) => side !== null);
        return (
          <li key={key} className={`revision-diff-key revision-diff-${change}`}>
            <Sign aria-hidden="true" />
            <code className="revision-diff-name" dir="auto">
              {key}
            </code>
            <span className="quiet">{words}</span>
            <span className="revision-diff-sides">
              {sides.map((side, index) => (
                <span key={`${index === 0 ? "from" : "to"} ${side}`}>
                  {index === 0 ? null : <span aria-label="to">→</span>}
                  <BindingText text={side} />
                </span>
              ))}
            </span>
          </li>
        );
      })}
    </ul>
  );
}

/** `plain`, or the key of a secret and its selector; its id where it cannot be found any more. */
function BindingText({ text }: { readonly text: string }) {
  if (text === "plain") return <Tag>plain</Tag>;
  const split = text.lastIndexOf(" ");
  const secret = text.slice(0, split);
  const isId = /^[0-9a-f]{8}-[0-9a-f-]{27}$/.test(secret);
  return <SecretTag secretKey={isId ? null : secret} shortId={shortId(secret)} selector={text.slice(split + 1)} />;
}
