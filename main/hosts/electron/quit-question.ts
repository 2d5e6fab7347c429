import type { MessageBoxOptions } from "electron";
import type { ContractClient } from "../../control-plane-port.ts";

/** What quitting would stop. */
export interface WhatStops {
  readonly running: number;
  readonly waiting: number;
  /** Of the first ones, running before waiting. */
  readonly titles: readonly string[];
  /** Something is due by a schedule, or webhooks are taken. */
  readonly triggers: boolean;
}

/** The button of each question that goes on; the other one keeps everything as it is. */
export const GO_AHEAD = 0;
const KEEP = 1;

const MOST_TITLES = 5;
const LONGEST_TITLE = 80;
const NAMED_STATES = [["running"], ["queued", "received"]] as const;

/** Reads what is active. Null where it cannot be told, because the database does not answer. */
export async function whatStops(
  client: Pick<ContractClient, "system" | "companies" | "runs">,
): Promise<WhatStops | null> {
  try {
    const { runs, scheduler, webhooks } = await client.system.status();
    if (runs === null) return null;
    const triggers = scheduler.nextRunAt !== null || webhooks.state === "listening";
    if (runs.running + runs.queued === 0) return { running: 0, waiting: 0, titles: [], triggers };
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
    return { running: runs.running, waiting: runs.queued, titles, triggers };
  } catch {
    return null;
  }
}

/**
 * What the operator is asked before the app ends, or null where nothing would stop and nothing be lost. `unsaved` is the name
 * of what is edited and not saved.
 */
export function quitQuestion(stops: WhatStops | null, unsaved: string | null): MessageBoxOptions | null {
  const lost = unsaved === null ? [] : [lossOf(unsaved)];
  if (stops !== null && stops.running + stops.waiting === 0) {
    const [message] = lost;
    return message === undefined ? null : question(message, "", ["Discard and quit", "Keep editing"]);
  }
  const message = stops === null ? "It is not known what is running: the database does not answer." : counts(stops);
  const ending = stops === null ? "Quitting stops every run that was started from here." : details(stops);
  return question(message, [ending, ...lost].join("\n"), ["Stop and quit", "Keep running"]);
}

/** What the operator is asked before the panel is loaded anew over unsaved input. */
export function reloadQuestion(unsaved: string): MessageBoxOptions {
  return question(lossOf(unsaved), "", ["Discard and reload", "Keep editing"], "Reload panel");
}

/** What the operator is asked about a panel that hangs, before it is ended with unsaved input. */
export function hangQuestion(unsaved: string): MessageBoxOptions {
  const buttons = ["Discard and reload", "Wait"] as const;
  return question("The panel does not respond.", lossOf(unsaved, "if it is loaded anew"), buttons, "Reload panel");
}

function question(
  message: string,
  detail: string,
  buttons: readonly [quit: string, keep: string],
  title = "Quit Paperclip Desktop",
): MessageBoxOptions {
  const chosen = { buttons: [...buttons], defaultId: KEEP, cancelId: KEEP };
  return { type: "question", title, message, detail, ...chosen, noLink: true };
}

function lossOf(unsaved: string, condition = ""): string {
  const name = oneLine(unsaved);
  const what = name === "" ? "Unsaved changes" : `Unsaved changes in "${name}"`;
  return `${what} would be lost${condition && ` ${condition}`}.`;
}

function counts({ running, waiting }: WhatStops): string {
  const of = (count: number, doing: string) => `${count} ${count === 1 ? "run is" : "runs are"} ${doing}`;
  if (waiting === 0) return `${of(running, "running")}.`;
  if (running === 0) return `${of(waiting, "waiting")}.`;
  return `${of(running, "running")} and ${waiting} ${waiting === 1 ? "is" : "are"} waiting.`;
}

function details({ running, waiting, titles, triggers }: WhatStops): string {
  const named = titles.slice(0, MOST_TITLES).map((title) => `• ${oneLine(title)}`);
  const more = running + waiting - named.length;
  return [
    ...named,
    ...(more > 0 ? [`and ${more} more`] : []),
    "",
    ...(running > 0 ? ["Quitting ends what is running."] : []),
    ...(waiting > 0 ? ["What waits stays queued and starts when the app is opened again."] : []),
    ...(triggers ? ["Until then nothing is started by schedules and webhooks."] : []),
  ].join("\n");
}

/** A title as one short line: it may hold line breaks and marks that turn the text around. */
function oneLine(title: string): string {
  const plain = title.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim();
  const letters = [...plain];
  if (letters.length <= LONGEST_TITLE) return plain;
  const beginning = letters.slice(0, LONGEST_TITLE - 1).join("");
  return `${beginning.trimEnd()}…`;
}
