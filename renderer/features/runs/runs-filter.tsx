import { useQuery } from "@tanstack/react-query";
import { useNavigate, useSearch } from "@tanstack/react-router";
import { X } from "lucide-react";
import { useEffect, useState } from "react";
import type { RunFilters } from "../../../preload/contract/runs.ts";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Button } from "../../ui/button.tsx";
import { ComboBox, SearchField, Select } from "../../ui/field.tsx";
import type { Option } from "../../ui/field.tsx";
import { wordOf } from "../../ui/mark.tsx";
import type { useRunFilter } from "./use-run-filter.ts";
import "./runs-filter.css";

/** Milliseconds without a key after which what was typed counts. */
const SETTLED_MS = 250;
const ANY = "any";

const STATUSES = [
  { id: ANY, label: "Any state" },
  { id: "queued", label: "Queued" },
  { id: "running", label: "Running" },
  { id: "succeeded", label: "Succeeded" },
  { id: "failed", label: "Failed" },
  { id: "cancelled", label: "Cancelled" },
  { id: "timed_out", label: "Timed out" },
  { id: "interrupted", label: "Interrupted" },
  { id: "coalesced", label: "Coalesced" },
  { id: "skipped", label: "Skipped" },
  { id: "held", label: "Held" },
] as const;
const SOURCES = [
  { id: ANY, label: "Any source" },
  { id: "schedule", label: "Schedule" },
  { id: "manual", label: "Manual" },
  { id: "api", label: "API" },
  { id: "webhook", label: "Webhook" },
] as const;
const PERIODS = [
  { id: ANY, label: "Any time" },
  { id: "day", label: "Last 24 hours" },
  { id: "week", label: "Last 7 days" },
  { id: "month", label: "Last 30 days" },
] as const;

/** What the list of runs is narrowed to, as the address has it. */
export function RunsFilterBar({ filter }: { readonly filter: ReturnType<typeof useRunFilter> }) {
  const search = useSearch({ from: "/runs" });
  const navigate = useNavigate({ from: "/runs" });
  const change = (changes: Readonly<Record<string, string | undefined>>) =>
    void navigate({
      search: (before) =>
        Object.fromEntries(Object.entries({ ...before, ...changes }).filter(([, value]) => value !== undefined)),
      replace: true,
    });
  const ofView = filter.view?.filters ?? {};
  const choice = (value: unknown) => (value === ANY || value === null ? undefined : String(value));
  return (
    <div className="runs-filter" role="search" aria-label="Runs">
      <TextFilter
        text={search.text ?? ""}
        inView={ofView.text}
        onText={(text) => change({ text: text === "" ? undefined : text })}
      />
      <Select
        aria-label="State"
        label="State"
        options={orView(STATUSES, ofView.status?.map(wordOf).join(", "))}
        value={search.status ?? ANY}
        onChange={(value) => change({ status: choice(value) })}
      />
      <Select
        aria-label="Source"
        label="Source"
        options={orView(SOURCES, ofView.source)}
        value={search.source ?? ANY}
        onChange={(value) => change({ source: choice(value) })}
      />
      <RoutineFilter
        routine={search.routine ?? ofView.routine ?? null}
        onRoutine={(routine) => change({ routine: routine ?? undefined })}
      />
      <AgentFilter agent={search.agent ?? ofView.agent} onAgent={(agent) => change({ agent: choice(agent) })} />
      <Select
        aria-label="Period"
        label="Period"
        options={orView(PERIODS, periodOf(ofView))}
        value={search.period ?? ANY}
        onChange={(value) => change({ period: choice(value) })}
      />
      {Object.keys(search).length === 0 ? null : (
        <Button variant="quiet" icon={X} onPress={() => void navigate({ search: {}, replace: true })}>
          Clear filters
        </Button>
      )}
    </div>
  );
}

/** A choice whose first one, which narrows nothing, leaves it to what the view narrows to. */
function orView(options: readonly Option[], inView: string | undefined): readonly Option[] {
  if (inView === undefined) return options;
  return options.map((option) => (option.id === ANY ? { id: ANY, label: `View: ${inView}` } : option));
}

function periodOf({ since, until, withinHours }: RunFilters): string | undefined {
  if (since === undefined && withinHours !== undefined) return `last ${withinHours} hours`;
  if (since === undefined && until === undefined) return undefined;
  return [since ?? "", until ?? ""].map((at) => at.slice(0, 10)).join(" – ");
}

interface TextFilterProps {
  readonly text: string;
  /** What the view searches for while nothing is typed. */
  readonly inView: string | undefined;
  onText(text: string): void;
}

function TextFilter({ text, inView, onText }: TextFilterProps) {
  const [typed, setTyped] = useState({ of: text, value: text });
  // The address changed by something else than typing: clearing, Back, a link.
  if (typed.of !== text) setTyped({ of: text, value: text });
  useEffect(() => {
    if (typed.value === text) return;
    const timer = window.setTimeout(() => onText(typed.value.trim() === "" ? "" : typed.value), SETTLED_MS);
    return () => window.clearTimeout(timer);
  }, [typed.value, text, onText]);
  return (
    <SearchField
      label="Search runs"
      placeholder={inView === undefined ? "Search runs" : `View: ${inView}`}
      maxLength={200}
      value={typed.value}
      onChange={(value) => setTyped((before) => ({ ...before, value }))}
    />
  );
}

interface RoutineFilterProps {
  readonly routine: string | null;
  onRoutine(routine: string | null): void;
}

/** One of many routines, found by typing a part of its title. */
function RoutineFilter({ routine, onRoutine }: RoutineFilterProps) {
  const company = useCompany();
  const queries = useQueries();
  const [typed, setTyped] = useState<string | null>(null);
  const chosen = useQuery({
    ...queries.routines.get.queryOptions({ input: { company: company.id, routine: routine ?? "-" } }),
    enabled: routine !== null,
  });
  const name = routine === null ? "" : (chosen.data?.title ?? routine);
  const text = (typed ?? "").trim();
  const found = useQuery({
    ...queries.routines.list.queryOptions({
      input: { company: company.id, limit: 50, ...(text === "" || text === name ? {} : { text: text.slice(0, 200) }) },
    }),
    placeholderData: (before) => before,
  });
  const options: readonly Option[] = (found.data?.routines ?? []).map(({ id, title }) => ({ id, label: title }));
  return (
    <ComboBox
      aria-label="Routine"
      label="Routine"
      placeholder="Any routine"
      options={options}
      inputValue={typed ?? name}
      onInputChange={(value) => {
        setTyped(value);
        if (value === "" && routine !== null) onRoutine(null);
      }}
      value={routine}
      onChange={(key) => {
        setTyped(null);
        onRoutine(key === null ? null : String(key));
      }}
      onBlur={() => setTyped(null)}
      menuTrigger="focus"
      allowsEmptyCollection
    />
  );
}

interface AgentFilterProps {
  readonly agent: string | undefined;
  onAgent(agent: string): void;
}

function AgentFilter({ agent, onAgent }: AgentFilterProps) {
  const agents = useQuery(useQueries().agents.list.queryOptions({ input: { company: useCompany().id } }));
  const named = (agents.data?.agents ?? []).map(({ id, name }) => ({ id, label: name }));
  return (
    <Select
      aria-label="Agent"
      label="Agent"
      options={[{ id: ANY, label: "Any agent" }, ...named]}
      value={agent ?? ANY}
      onChange={(value) => onAgent(String(value))}
    />
  );
}
