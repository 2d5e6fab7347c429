import type { Notice } from "../../../preload/contract/notifications.ts";

/*
 * What the operator is told of on the desktop: a routine that begins to fail or works again, and slots that did not run. Pure.
 * Nothing is said of a run that ends as the one before it did.
 */

export type Health = "fine" | "failing";
export type Outcome = "succeeded" | "failed" | "timed_out" | "interrupted";

interface OfRoutine {
  readonly companyId: string;
  readonly routineId: string;
  readonly routineTitle: string;
}

/** A run that is over. */
export interface Ended extends OfRoutine {
  readonly runId: string;
  readonly outcome: Outcome;
  /** False where it was due and could not even be queued. */
  readonly started: boolean;
  /** Of the run of its routine that came before it; null where there is none. */
  readonly before: Outcome | null;
}

/** Slots that were missed and do not run, or wait for the operator. */
export interface Left extends OfRoutine {
  readonly kind: "missed" | "held";
  readonly count: number;
}

export interface Seen {
  /** In the order in which they ended. */
  readonly ended: readonly Ended[];
  readonly left: readonly Left[];
}

/** Which kinds are wanted. */
export interface Wanted {
  readonly outcomes: boolean;
  readonly missed: boolean;
}

export interface Decided {
  readonly notices: readonly Notice[];
  /** How routines are by now, by their ids. */
  readonly known: ReadonlyMap<string, Health>;
}

/** More of one kind at once are one notice. */
const MOST_SINGLE = 3;
const LONGEST_TITLE = 80;
const NAMED = 3;

/** What is to be said of what was seen since the last time. What is not wanted is noted all the same. */
export function decideNotices(known: ReadonlyMap<string, Health>, seen: Seen, wanted: Wanted): Decided {
  const after = new Map(known);
  const changed = new Map<string, Ended>();
  for (const run of seen.ended) {
    const was = after.get(run.routineId) ?? healthOf(run.before);
    const is = healthOf(run.outcome);
    after.set(run.routineId, is);
    if (was === is) continue;
    // There and back again within one look is no news.
    if (changed.has(run.routineId)) changed.delete(run.routineId);
    else changed.set(run.routineId, run);
  }
  const outcomes = wanted.outcomes ? [...changed.values()] : [];
  const left = wanted.missed ? seen.left : [];
  return {
    known: after,
    notices: [
      ...perCompany(outcomes.filter(({ outcome }) => outcome !== "succeeded")).flatMap((runs) => told(runs, "failing")),
      ...perCompany(outcomes.filter(({ outcome }) => outcome === "succeeded")).flatMap((runs) =>
        told(runs, "recovered"),
      ),
      ...perCompany(left.filter(({ kind }) => kind === "held")).map((all) => toldLeft(all, "held")),
      ...perCompany(left.filter(({ kind }) => kind === "missed")).map((all) => toldLeft(all, "missed")),
    ],
  };
}

export function healthOf(outcome: Outcome | null): Health {
  return outcome === null || outcome === "succeeded" ? "fine" : "failing";
}

function perCompany<Item extends OfRoutine>(items: readonly Item[]): Item[][] {
  const companies = new Set(items.map(({ companyId }) => companyId));
  return [...companies].map((company) => items.filter(({ companyId }) => companyId === company));
}

const WORDS: Readonly<Record<Outcome, string>> = {
  succeeded: "Its last run succeeded.",
  failed: "Its last run failed.",
  timed_out: "Its last run took longer than its time-out.",
  interrupted: "Its last run was interrupted.",
};

function told(runs: readonly Ended[], kind: "failing" | "recovered"): Notice[] {
  const says = kind === "failing" ? ["fails", "fail"] : ["works again", "work again"];
  if (runs.length <= MOST_SINGLE) {
    return runs.map((run) => ({
      tag: `routine ${run.routineId}`,
      kind,
      companyId: run.companyId,
      title: `${shortTitle(run.routineTitle)} ${says[0]}`,
      body: run.started ? WORDS[run.outcome] : "It was due, and could not be started.",
      to: `/runs/${run.runId}`,
    }));
  }
  const [{ companyId }] = runs as [Ended, ...Ended[]];
  return [
    {
      tag: `${kind} ${companyId}`,
      kind,
      companyId,
      title: `${runs.length} routines ${says[1]}`,
      body: names(runs),
      to: kind === "failing" ? "/" : "/runs",
    },
  ];
}

function toldLeft(all: readonly Left[], kind: "missed" | "held"): Notice {
  const [first] = all as [Left, ...Left[]];
  const routines = new Set(all.map(({ routineId }) => routineId)).size;
  const count = all.reduce((sum, left) => sum + left.count, 0);
  const slots = count === 1 ? "1 slot" : `${count.toLocaleString("en")} slots`;
  const of = routines === 1 ? shortTitle(first.routineTitle) : `${routines} routines`;
  const { companyId, routineId } = first;
  const common = { tag: `${kind} ${companyId}`, kind, companyId };
  if (kind === "held") {
    const body =
      routines === 1 ? "Run or skip them in the wake-up inbox." : `${names(all)}. They wait in the wake-up inbox.`;
    return { ...common, title: `${slots} of ${of} ${count === 1 ? "is" : "are"} held`, body, to: "/inbox" };
  }
  return {
    ...common,
    title: `${of} missed ${slots}`,
    body: routines === 1 ? "Nobody was awake to start it; it did not run." : `${names(all)}. They did not run.`,
    to: routines === 1 ? `/routines/${routineId}?tab=runs` : "/runs?status=skipped",
  };
}

/** The first few by name: `A, B, C and 4 more`. */
function names(all: readonly OfRoutine[]): string {
  const titles = [...new Map(all.map(({ routineId, routineTitle }) => [routineId, shortTitle(routineTitle)])).values()];
  const more = titles.length - NAMED;
  return more > 0 ? `${titles.slice(0, NAMED).join(", ")} and ${more} more` : titles.join(", ");
}

/** A title as one short line: it may hold marks that break lines or turn the text around. */
function shortTitle(title: string): string {
  const letters = [...title.replaceAll(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]+/gu, " ").trim()];
  return letters.length <= LONGEST_TITLE
    ? letters.join("")
    : `${letters
        .slice(0, LONGEST_TITLE - 1)
        .join("")
        .trimEnd()}…`;
}
