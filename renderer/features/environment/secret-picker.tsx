import { useQuery } from "@tanstack/react-query";
import { KeyRound } from "lucide-react";
import { useDeferredValue, useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { ComboBox } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { shortId } from "./reference-state.ts";
import type { SecretState } from "./reference-state.ts";
import "./secret-picker.css";

export interface SecretPickerProps {
  /** What the secret is for, for those who hear the page: "Secret of GH_TOKEN". */
  readonly label: string;
  readonly secretId: string | null;
  readonly state: SecretState | null;
  onChoose(secretId: string): void;
  /** "Create secret…" was chosen. */
  onCreate(): void;
  readonly isReadOnly?: boolean;
  /** The id of the words that belong to it. */
  readonly describedBy?: string;
}

/** Secrets that one search shows. */
const SHOWN = 50;
const CREATE = "create";

/** One secret of the company, found by typing a part of its key or name. Those that cannot be used say so. */
export function SecretPicker(props: SecretPickerProps) {
  const { label, secretId, state, onChoose, onCreate, isReadOnly = false, describedBy } = props;
  const [isOpen, setOpen] = useState(false);
  // What is being typed; null while the field shows what is chosen.
  const [typed, setTyped] = useState<string | null>(null);
  const text = useDeferredValue(typed?.trim() ?? "");
  const queries = useQueries();
  const company = useCompany();
  const ask = (status?: "archived") =>
    queries.secrets.list.queryOptions({
      input: { company: company.id, text, limit: SHOWN, ...(status === undefined ? {} : { status }) },
      enabled: isOpen,
      placeholderData: (before) => before,
    });
  const found = useQuery(ask());
  const archived = useQuery(ask("archived"));
  const secrets = [...(found.data?.secrets ?? []), ...(archived.data?.secrets ?? [])];
  const more = found.data?.nextCursor !== null && found.data !== undefined;
  const chosen = chosenOption(secretId, state);
  const failure = found.error === null ? null : failureOf(found.error);
  const options: Option[] = [
    ...(chosen === null || text !== "" || secrets.some(({ id }) => id === secretId) ? [] : [chosen]),
    ...secrets.map(optionOf),
    ...(failure === null
      ? []
      : [{ id: "failed", label: "The secrets cannot be shown", detail: failure.message, disabled: true }]),
    ...(more ? [{ id: "more", label: "There are more", detail: "Type a part of the key", disabled: true }] : []),
    {
      id: CREATE,
      label: "Create secret…",
      ...(found.data !== undefined && secrets.length === 0
        ? { detail: text === "" ? "There is no secret yet" : "None has this in its key or name" }
        : {}),
    },
  ];
  return (
    <div className={chosen?.gone ? "secret-picker secret-picker-gone" : "secret-picker"}>
      <KeyRound aria-hidden="true" />
      <ComboBox
        label={label}
        labelUnseen
        mono
        placeholder="Choose a secret"
        options={options}
        value={secretId}
        inputValue={typed ?? chosen?.label ?? ""}
        allowsEmptyCollection
        menuTrigger="focus"
        isReadOnly={isReadOnly}
        {...(describedBy === undefined ? {} : { "aria-describedby": describedBy })}
        disabledKeys={options.filter(({ disabled }) => disabled).map(({ id }) => id)}
        onOpenChange={(open) => {
          setOpen(open);
          if (!open) setTyped(null);
        }}
        onInputChange={(next) => setTyped(isOpen || next !== (chosen?.label ?? "") ? next : null)}
        onBlur={() => setTyped(null)}
        onChange={(key) => {
          setTyped(null);
          if (key === CREATE) onCreate();
          else if (typeof key === "string") onChoose(key);
        }}
      />
    </div>
  );
}

function optionOf({ id, key, name, status, latestVersion }: SecretRecord): Option {
  const words = [
    ...(status === "active" ? [] : [`${status}: runs would be refused`]),
    ...(name === key ? [] : [name]),
    `v${latestVersion}`,
  ];
  return { id, label: key, detail: words.join(" · ") };
}

/** What the field says while nothing is typed. */
function chosenOption(secretId: string | null, state: SecretState | null): (Option & { gone: boolean }) | null {
  if (secretId === null || state === null) return null;
  if (state.kind === "there") return { ...optionOf(state.secret), gone: state.secret.status === "deleted" };
  if (state.kind === "gone") return { id: secretId, label: `missing ${shortId(secretId)}`, disabled: true, gone: true };
  return { id: secretId, label: state.kind === "asked" ? "…" : shortId(secretId), gone: false };
}
