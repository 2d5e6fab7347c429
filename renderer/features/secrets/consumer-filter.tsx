import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { ComboBox } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { CONSUMER_TYPES } from "./access-words.ts";
import type { AccessSearch, ConsumerType } from "./access-words.ts";
import { shortId } from "./secret-words.ts";

/** Consumers of a kind that are offered at a time. */
const OFFERED = 25;

type Chosen = Pick<AccessSearch, "consumerType" | "consumer">;

export interface ConsumerFilterProps {
  readonly type: ConsumerType | undefined;
  readonly id: string | undefined;
  onConsumer(chosen: Chosen): void;
}

const KINDS: readonly Option[] = CONSUMER_TYPES.map((type) => ({ id: type, label: `Any ${type}` }));

/** An agent, project or routine, or all of a kind; a choice is `routine`, or `routine:` and an id. */
export function ConsumerFilter({ type, id, onConsumer }: ConsumerFilterProps) {
  const company = useCompany();
  const queries = useQueries();
  const [typed, setTyped] = useState<string | null>(null);
  const input = { company: company.id };
  const agents = useQuery(queries.agents.list.queryOptions({ input })).data?.agents ?? [];
  const projects = useQuery(queries.projects.list.queryOptions({ input })).data?.projects ?? [];
  const routine = useQuery({
    ...queries.routines.get.queryOptions({ input: { company: company.id, routine: id ?? "-" } }),
    enabled: id !== undefined && type === "routine",
  });
  const known = [...agents, ...projects].find((one) => one.id === id)?.name ?? routine.data?.title;
  const name = id === undefined ? (type === undefined ? "" : `Any ${type}`) : (known ?? shortId(id));
  const text = typed === null || typed === name ? "" : typed.trim().toLowerCase();
  const routines = useQuery({
    ...queries.routines.list.queryOptions({
      input: { company: company.id, limit: OFFERED, ...(text === "" ? {} : { text: text.slice(0, 200) }) },
    }),
    placeholderData: (before) => before,
  });
  const fits = ({ name: called }: { readonly name: string }) => called.toLowerCase().includes(text);
  const option = (kind: ConsumerType, one: { readonly id: string; readonly name: string }): Option => ({
    id: `${kind}:${one.id}`,
    label: one.name,
    detail: kind,
  });
  const options: readonly Option[] = [
    ...KINDS.filter(({ label }) => label.toLowerCase().includes(text)),
    ...agents
      .filter(fits)
      .slice(0, OFFERED)
      .map((one) => option("agent", one)),
    ...projects
      .filter(fits)
      .slice(0, OFFERED)
      .map((one) => option("project", one)),
    ...(routines.data?.routines ?? []).map((one) => option("routine", { id: one.id, name: one.title })),
  ];
  return (
    <ComboBox
      aria-label="Consumer"
      label="Consumer"
      placeholder="Any consumer"
      options={options}
      inputValue={typed ?? name}
      onInputChange={(value) => {
        setTyped(value);
        if (value === "" && name !== "") onConsumer({});
      }}
      value={type === undefined ? null : id === undefined ? type : `${type}:${id}`}
      onChange={(key) => {
        setTyped(null);
        onConsumer(chosenOf(key === null ? "" : String(key)));
      }}
      onBlur={() => setTyped(null)}
      menuTrigger="focus"
      allowsEmptyCollection
    />
  );
}

function chosenOf(choice: string): Chosen {
  const [kind, id] = choice.split(":");
  const consumerType = CONSUMER_TYPES.find((type) => type === kind);
  if (consumerType === undefined) return {};
  return id === undefined ? { consumerType } : { consumerType, consumer: id };
}
