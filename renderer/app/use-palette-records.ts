import { useQuery } from "@tanstack/react-query";
import type { UseQueryResult } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import type { RoutineRecord } from "../../preload/contract/routines.ts";
import { useCompany } from "../data/company.tsx";
import { failureOf } from "../data/failure.ts";
import type { Failure } from "../data/failure.ts";
import { useQueries } from "../data/panel-context.tsx";
import type { Asked, FoundRecord } from "./palette-entries.ts";

/** Milliseconds that typing rests before the control plane is asked. */
const REST_MS = 120;
/** Records of a kind that are shown. */
const SHOWN = 6;
/** Where only routines are meant. */
const SHOWN_TO_RUN = 20;

export interface PaletteRecords {
  readonly routines: readonly FoundRecord[];
  /** Routines that a run can be asked of. */
  readonly runnable: readonly FoundRecord[];
  readonly secrets: readonly FoundRecord[];
  readonly agents: readonly FoundRecord[];
  readonly projects: readonly FoundRecord[];
  readonly searching: boolean;
  /** Why a part of it could not be searched. */
  readonly failure: Failure | null;
  retry(): void;
}

/** What is found in the company by a text, as it is typed. Nothing is asked for before something is typed. */
export function usePaletteRecords({ text, toRun }: Asked): PaletteRecords {
  const company = useCompany();
  const queries = useQueries();
  const rested = useRested(text);
  const wanted = rested !== "" || toRun;
  const all = wanted && !toRun;
  const input = { company: company.id, ...(rested === "" ? {} : { text: rested }) };
  const routines = useQuery({
    ...queries.routines.list.queryOptions({
      input: { ...input, sort: "last_run", limit: toRun ? SHOWN_TO_RUN : SHOWN },
    }),
    enabled: wanted,
  });
  const secrets = useQuery({
    ...queries.secrets.list.queryOptions({ input: { ...input, limit: SHOWN } }),
    enabled: all,
  });
  const agents = useQuery({
    ...queries.agents.list.queryOptions({ input: { company: company.id } }),
    enabled: all,
  });
  const projects = useQuery({
    ...queries.projects.list.queryOptions({ input: { company: company.id } }),
    enabled: all,
  });
  const asked: readonly UseQueryResult[] = all ? [routines, secrets, agents, projects] : wanted ? [routines] : [];
  const failed = asked.filter(({ error }) => error !== null);
  const found = wanted ? (routines.data?.routines ?? []) : [];
  return {
    routines: found.map(routine),
    runnable: found.filter(({ status }) => status !== "archived").map(routine),
    secrets: all ? (secrets.data?.secrets ?? []).map(({ id, key }) => ({ kind: "secret", id, name: key })) : [],
    agents: all ? named("agent", agents.data?.agents ?? [], rested) : [],
    projects: all ? named("project", projects.data?.projects ?? [], rested) : [],
    searching: rested !== text || asked.some(({ isFetching }) => isFetching),
    failure: failed[0] === undefined ? null : failureOf(failed[0].error),
    retry: () => {
      for (const query of failed) void query.refetch();
    },
  };
}

function routine({ id, title, status, agentId }: RoutineRecord): FoundRecord {
  const state = agentId === null && status !== "archived" ? "draft" : status;
  return { kind: "routine", id, name: title, ...(state === "active" ? {} : { detail: state }) };
}

function named(
  kind: "agent" | "project",
  records: readonly { readonly id: string; readonly name: string }[],
  text: string,
): readonly FoundRecord[] {
  return records
    .filter(({ name }) => name.toLowerCase().includes(text.toLowerCase()))
    .slice(0, SHOWN)
    .map(({ id, name }) => ({ kind, id, name }));
}

/** A text once it has rested; at once where it is empty. */
function useRested(text: string): string {
  const [rested, setRested] = useState(text);
  useEffect(() => {
    const timer = window.setTimeout(() => setRested(text), text === "" ? 0 : REST_MS);
    return () => window.clearTimeout(timer);
  }, [text]);
  return rested;
}
