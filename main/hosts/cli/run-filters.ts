import { Option } from "commander";
import type { Command } from "commander";
import { runSource, runStatus } from "../../../preload/contract/runs.ts";
import type { RunFilters, RunStatus } from "../../../preload/contract/runs.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { parseInstant } from "./arguments.ts";
import { UsageError } from "./errors.ts";
import { collect, given, ofCompany } from "./invocation.ts";
import type { Invocation } from "./invocation.ts";

export interface FilterOptions {
  routine?: string;
  agent?: string;
  status?: string[];
  source?: "schedule" | "manual" | "api" | "webhook";
  trigger?: string;
  since?: string;
  until?: string;
  text?: string;
}

/** What a list of runs, or a view of it, is narrowed to. */
export function withFilters(command: Command): Command {
  return command
    .option("--routine <routine>", "only those of this routine")
    .option("--agent <agent>", "only those of this agent")
    .option("--status <status>", `only those in this state; repeatable: ${runStatus.options.join(", ")}`, collect)
    .addOption(new Option("--source <source>", "only those started this way").choices(runSource.options))
    .option("--trigger <trigger>", "only those that this trigger started, by its id or label")
    .option("--since <time>", "not before: an instant such as 2026-03-08T07:00:00Z, or 24h, 7d")
    .option("--until <time>", "before: an instant, or 24h, 7d")
    .option("--text <text>", "with this in title, reason or log excerpt, from the beginning of a word");
}

/** Filters as they are asked for now. */
export function filtersOf({ status, since, until, ...rest }: FilterOptions, now: Date): RunFilters {
  return given({
    ...rest,
    status: status && parseStatuses(status),
    since: since && parseInstant(since, now),
    until: until && parseInstant(until, now),
  });
}

/** The filters that are kept under a name. */
export async function filtersOfView(
  invocation: Invocation,
  client: ContractClient,
  reference: string,
): Promise<RunFilters> {
  const { views } = await client.runs.views(ofCompany(invocation));
  const wanted = reference.trim().toLowerCase();
  const view = views.find(({ id, name }) => id === wanted || name.toLowerCase() === wanted);
  if (view) return view.filters;
  throw new UsageError(`There is no view "${reference}".`, "See what there is: `paperclip-desktop runs views list`");
}

/** States as the contract names them; `timed out` and `failed,cancelled` are understood. */
function parseStatuses(texts: readonly string[]): RunStatus[] {
  return texts
    .flatMap((text) => text.split(","))
    .map((text) => {
      const status = runStatus.safeParse(text.trim().replaceAll(/[ -]/g, "_"));
      if (status.success) return status.data;
      throw new UsageError(`"${text}" is no state of a run.`, `The states are ${runStatus.options.join(", ")}.`);
    });
}
