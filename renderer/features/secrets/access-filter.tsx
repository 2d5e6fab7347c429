import { useQuery } from "@tanstack/react-query";
import { X } from "lucide-react";
import { useState } from "react";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { ComboBox, NumberField, Select } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { ConsumerFilter } from "./consumer-filter.tsx";
import { ANY, chosenOutcome, outcomeChoice, OUTCOMES, PERIODS } from "./access-words.ts";
import type { AccessSearch } from "./access-words.ts";
import { shortId } from "./secret-words.ts";
import "./access-filter.css";

/** Secrets that are offered at a time, of those that are there and of those that are deleted. */
const OFFERED = 25;

export interface AccessFilterBarProps {
  readonly search: AccessSearch;
  onSearch(search: AccessSearch): void;
}

/** What the list of access events is narrowed to, as the address has it. */
export function AccessFilterBar({ search, onSearch }: AccessFilterBarProps) {
  const { secret, consumerType, consumer, actor, version, period, outcome: _, code: __, ...others } = search;
  const change = (without: AccessSearch, changes: AccessSearch) => onSearch({ ...without, ...changes });
  /** The search without some of what it has. */
  const but = (...names: readonly (keyof AccessSearch)[]): AccessSearch =>
    Object.fromEntries(Object.entries(search).filter(([name]) => !names.includes(name as keyof AccessSearch)));
  return (
    <div className="access-filter" role="search" aria-label="Access events">
      <SecretFilter
        secret={secret ?? null}
        onSecret={(id) => change(but("secret", "version"), id === null ? {} : { secret: id })}
      />
      <Select
        aria-label="Outcome"
        label="Outcome"
        options={OUTCOMES}
        value={outcomeChoice(search)}
        onChange={(id) => change(but("outcome", "code"), chosenOutcome(String(id)))}
      />
      <ConsumerFilter
        type={consumerType}
        id={consumer}
        onConsumer={(chosen) => change(but("consumerType", "consumer"), chosen)}
      />
      <AgentFilter agent={actor} onAgent={(id) => change(but("actor"), id === null ? {} : { actor: id })} />
      <Select
        aria-label="Period"
        label="Period"
        options={PERIODS}
        value={period ?? ANY}
        onChange={(id) => {
          const chosen = PERIODS.find((one) => one.id === id)?.id ?? ANY;
          change(but("period"), chosen === ANY ? {} : { period: chosen });
        }}
      />
      <NumberField
        aria-label="Version"
        label="Version"
        placeholder="Version"
        minValue={1}
        maxValue={2_147_483_647}
        value={version ?? Number.NaN}
        onChange={(number) => change(but("version"), Number.isNaN(number) ? {} : { version: number })}
      />
      {Object.keys(search).length === Object.keys(others).length && search.event === undefined ? null : (
        <Button variant="quiet" icon={X} onPress={() => onSearch({})}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

interface SecretFilterProps {
  readonly secret: string | null;
  onSecret(id: string | null): void;
}

/** One of many secrets, deleted ones too, found by typing a part of its key or name. */
function SecretFilter({ secret, onSecret }: SecretFilterProps) {
  const company = useCompany();
  const queries = useQueries();
  const [typed, setTyped] = useState<string | null>(null);
  const chosen = useQuery({
    ...queries.secrets.get.queryOptions({ input: { company: company.id, secret: secret ?? "-" } }),
    enabled: secret !== null,
  });
  const name = secret === null ? "" : (chosen.data?.key ?? shortId(secret));
  const text = (typed ?? "").trim();
  const narrowed = text === "" || text === name ? {} : { text: text.slice(0, 200) };
  const ask = (status: "all" | "deleted") => ({
    ...queries.secrets.list.queryOptions({ input: { company: company.id, status, limit: OFFERED, ...narrowed } }),
    placeholderData: <Data,>(before: Data | undefined) => before,
  });
  const there = useQuery(ask("all")).data?.secrets ?? [];
  const deleted = useQuery(ask("deleted")).data?.secrets ?? [];
  const options: readonly Option[] = [
    ...there.map(({ id, key }) => ({ id, label: key })),
    ...deleted.map(({ id, key }) => ({ id, label: key, detail: "deleted" })),
  ];
  return (
    <ComboBox
      aria-label="Secret"
      label="Secret"
      placeholder="Any secret"
      options={options}
      inputValue={typed ?? name}
      onInputChange={(value) => {
        setTyped(value);
        if (value === "" && secret !== null) onSecret(null);
      }}
      value={secret}
      onChange={(key) => {
        setTyped(null);
        onSecret(key === null ? null : String(key));
      }}
      onBlur={() => setTyped(null)}
      menuTrigger="focus"
      allowsEmptyCollection
    />
  );
}

interface AgentFilterProps {
  readonly agent: string | undefined;
  onAgent(agent: string | null): void;
}

function AgentFilter({ agent, onAgent }: AgentFilterProps) {
  const agents = useQuery(useQueries().agents.list.queryOptions({ input: { company: useCompany().id } }));
  const named = (agents.data?.agents ?? []).map(({ id, name }) => ({ id, label: `Asked by ${name}` }));
  // What the address names may be gone, and still be what is looked at.
  const gone =
    agent === undefined || named.some(({ id }) => id === agent) ? [] : [{ id: agent, label: shortId(agent) }];
  return (
    <Select
      aria-label="Asked by"
      label="Asked by"
      options={[{ id: ANY, label: "Asked by anyone" }, ...gone, ...named]}
      value={agent ?? ANY}
      onChange={(value) => onAgent(value === ANY || value === null ? null : String(value))}
    />
  );
}
