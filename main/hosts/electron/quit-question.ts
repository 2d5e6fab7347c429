import type { MessageBoxOptions } from "electron";
import type { ContractClient } from "../../control-plane-port.ts";

/** What quitting would stop. */
export interface WhatStops {
  readonly running: number;
  readonly waiting: number;
  /** Of the first ones, running before waiting. */
  readonly titles: readonly string[];
}

export const STOP_AND_QUIT = 0;
const KEEP_RUNNING = 1;

const MOST_TITLES = 5;
const LONGEST_TITLE = 80;
const NAMED_STATES = [["running"], ["queued", "received"]] as const;

/** Reads what is active. Null where it cannot be told, because the database does not answer. */
export async function whatStops(
  client: Pick<ContractClient, "system" | "companies" | "runs">,
): Promise<WhatStops | null> {
  try {
    const { runs } = await client.system.status();
    if (runs === null) return null;
    if (runs.running + runs.queued === 0) return { running: 0, waiting: 0, titles: [] };
    const titles: string[] = [];
    const { companies } = await client.companies.list();
    for (const states of NAMED_STATES) {
      for (const { id } of companies) {
        const left = MOST_TITLES - titles.length;
        if (left === 0) break;
        const page = await client.runs.list({ company: id, status: [...states], limit: left });
        titles.push(...page.runs.map((run) => run.title));
      }
    }
    return { running: runs.running, waiting: runs.queued, titles };
  } catch {
    return null;
  }
}

/** What the operator is asked before the app ends, or null where nothing would stop. */
export function quitQuestion(stops: WhatStops | null): MessageBoxOptions | null {
  if (stops !== null && stops.running + stops.waiting === 0) return null;
  return {
    type: "question",
    title: "Quit Paperclip Desktop",
    ...(stops === null
      ? {
          message: "It is not known what is running: the database does not answer.",
          detail: "Quitting stops every run that was started from here.",
        }
      : { message: counts(stops), detail: details(stops) }),
    buttons: ["Stop and quit", "Keep running"],
    defaultId: KEEP_RUNNING,
    cancelId: KEEP_RUNNING,
    noLink: true,
  };
}

function counts({ running, waiting }: WhatStops): string {
  const of = (count: number, doing: string) => `${count} ${count === 1 ? "run is" : "runs are"} ${doing}`;
  if (waiting === 0) return `${of(running, "running")}.`;
  if (running === 0) return `${of(waiting, "waiting")}.`;
  return `${of(running, "running")} and ${waiting} ${waiting === 1 ? "is" : "are"} waiting.`;
}

function details({ running, waiting, titles }: WhatStops): string {
  const named = titles.slice(0, MOST_TITLES).map((title) => `• ${oneLine(title)}`);
  const more = running + waiting - named.length;
  return [
    ...named,
    ...(more > 0 ? [`and ${more} more`] : []),
    "",
    ...(running > 0 ? ["Quitting ends what is running."] : []),
    ...(waiting > 0 ? ["What waits stays queued and starts when the app is opened again."] : []),
  ].join("\n");
}

/** A title as one short line: it may hold line breaks and marks that turn the text around. */
function oneLine(title: string): string {
  const plain = title.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, " ").trim();
  return plain.length > LONGEST_TITLE ? `${plain.slice(0, LONGEST_TITLE - 1).trimEnd()}…` : plain;
}
