import { useQuery } from "@tanstack/react-query";
import { useSearch } from "@tanstack/react-router";
import type { RunFilters, RunView } from "../../../preload/contract/runs.ts";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";

const PERIOD_HOURS = { day: 24, week: 168, month: 720 } as const;

/** What the list of runs is narrowed to: by the view that the address names, and by what stands there beside it. */
export function useRunFilter(): {
  readonly filters: RunFilters;
  readonly view: RunView | null;
  readonly views: readonly RunView[];
  /** The address names a view that is still asked for. */
  readonly waits: boolean;
} {
  const { view: wanted, period, status, source, routine, agent, text } = useSearch({ from: "/runs" });
  const company = useCompany();
  const query = useQuery(useQueries().runs.views.queryOptions({ input: { company: company.id } }));
  const views = query.data?.views ?? [];
  const view = views.find(({ id }) => id === wanted) ?? null;
  const beside: RunFilters = {
    ...(status === undefined ? {} : { status: [status] }),
    ...(source === undefined ? {} : { source }),
    ...(routine === undefined ? {} : { routine }),
    ...(agent === undefined ? {} : { agent }),
    ...(text === undefined ? {} : { text }),
    ...(period === undefined ? {} : { withinHours: PERIOD_HOURS[period] }),
  };
  const filters = { ...view?.filters, ...beside };
  // The period that is chosen beside a view stands for the beginning that the view has.
  if (period !== undefined) delete filters.since;
  return { filters, view, views, waits: wanted !== undefined && query.isPending };
}
