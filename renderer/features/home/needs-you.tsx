import { Link } from "@tanstack/react-router";
import type { HeldItem } from "../../../preload/contract/inbox.ts";
import type { RestoreHold } from "../../../preload/contract/restore.ts";
import type { AttentionItem } from "../../../preload/contract/routines.ts";
import type { Problem } from "../../../preload/contract/system.ts";
import { counted } from "../secrets/secret-words.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Mark, MarkShape, wordOf } from "../../ui/mark.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { HeldItemRow } from "./held-item.tsx";
import { RestoredItem } from "./restored-item.tsx";
import "./needs-you.css";

export interface NeedsYouProps {
  /** Of the instance as a whole. */
  readonly problems: readonly Problem[];
  /** What holds everything back since a restore. */
  readonly restored: RestoreHold | null;
  readonly items: readonly AttentionItem[];
  /** Items that are there besides. */
  readonly more: number;
  /** Credentials that stand in clear in plain values. */
  readonly inClear: number;
  /** Slots that were missed and wait, by trigger. */
  readonly held: readonly HeldItem[];
  /** Triggers with such slots that are there besides. */
  readonly moreHeld: number;
}

/** Held items that are shown one by one; the others are in the inbox. */
const SHOWN_HELD = 5;

/** What waits for the operator, each with the one thing to press. */
export function NeedsYou({ problems: told, restored, items: all, more, inClear, held, moreHeld }: NeedsYouProps) {
  // Said below in the panel's own words.
  const problems = told.filter(({ code }) => restored === null || code !== "restore_held");
  const isLocked = problems.some(({ area }) => area === "vault");
  // One key opens all of them: they are said once, where it is.
  const waiting = isLocked ? all.filter(({ code }) => code === "vault_locked") : [];
  const items = withoutRepeats(all).filter((item) => !waiting.includes(item));
  const heldCount = held.length + moreHeld;
  const count = problems.length + (restored === null ? 0 : 1) + items.length + more + heldCount + (inClear > 0 ? 1 : 0);
  if (count === 0) {
    return (
      <p>
        <Mark state="ok">Nothing needs you.</Mark>
      </p>
    );
  }
  return (
    <Section title={`Needs you (${count})`}>
      <ul className="needs-you">
        {problems.map(({ area, code, message, next }) => (
          <li key={`${area} ${code} ${message}`} className="needs-you-item">
            <MarkShape state="error" label="Problem" />
            <p className="needs-you-words">
              {/* Whole in the settings. */}
              <span className="needs-you-problem">{message}</span>
              {area === "vault" && waiting.length > 0 ? <span>{waitingText(waiting)} </span> : null}
              {next === null ? null : (
                <span className="quiet">
                  <NextStep text={next} />
                </span>
              )}
            </p>
            {area === "backups" ? (
              <Link to="/backups" className={buttonClass()}>
                Open backups
              </Link>
            ) : (
              <Link to="/settings" search={{ section: sectionOf(area) }} className={buttonClass()}>
                Open {area}
              </Link>
            )}
          </li>
        ))}
        {restored === null ? null : (
          <li className="needs-you-item">
            <RestoredItem held={restored} />
          </li>
        )}
        {items.map((item) => (
          <li key={`${item.kind} ${item.routineId} ${item.message}`} className="needs-you-item">
            <MarkShape state={item.runStatus ?? "warn"} label={WORDS[item.kind]} />
            <p className="needs-you-words">
              <Link
                to="/routines/$routineId"
                params={{ routineId: item.routineId }}
                className="needs-you-title"
                dir="auto"
              >
                {item.title}
              </Link>{" "}
              {item.runStatus !== null ? (
                <>
                  {wordOf(item.runStatus)}
                  {item.since === null ? null : (
                    <>
                      {" "}
                      <Time instant={item.since} />
                    </>
                  )}
                  {": "}
                </>
              ) : null}
              <span className="quiet" dir="auto">
                {item.message}
              </span>
            </p>
            <Fix item={item} />
          </li>
        ))}
        {held.slice(0, SHOWN_HELD).map((item) => (
          <li key={`held ${item.routineId} ${item.triggerId}`} className="needs-you-item">
            <HeldItemRow
              item={item}
              details={
                <Link to="/inbox" className={buttonClass("quiet")}>
                  Details<span className="unseen"> of {item.routineTitle}</span>
                </Link>
              }
            />
          </li>
        ))}
        {heldCount <= SHOWN_HELD ? null : (
          <li className="needs-you-item">
            <MarkShape state="held" label="Held" />
            <p className="needs-you-words">
              {counted(heldCount - SHOWN_HELD, "more trigger has", "more triggers have")} missed slots that are held.
            </p>
            <Link to="/inbox" className={buttonClass()}>
              Open wake-up inbox
            </Link>
          </li>
        )}
        {inClear === 0 ? null : (
          <li className="needs-you-item">
            <MarkShape state="warn" label="In clear" />
            <p className="needs-you-words">
              {counted(inClear, "credential stands", "credentials stand")} in clear in plain values{" "}
              <span className="quiet">of agents, projects and routines, and could be sealed.</span>
            </p>
            <Link to="/secrets" className={buttonClass()}>
              Open secrets
            </Link>
          </li>
        )}
      </ul>
      {more > 0 ? <p className="quiet">And {more} more.</p> : null}
    </Section>
  );
}

function waitingText(items: readonly AttentionItem[]): string {
  const routines = new Set(items.map(({ routineId }) => routineId)).size;
  return routines === 1 ? "1 routine waits for it." : `${routines} routines wait for it.`;
}

/** A run that failed for what still stands in the way is the same news. */
function withoutRepeats(items: readonly AttentionItem[]): readonly AttentionItem[] {
  return items.filter(
    (item) =>
      item.kind !== "last_run_failed" ||
      !items.some(
        ({ kind, routineId, message }) =>
          kind !== item.kind && routineId === item.routineId && message === item.message,
      ),
  );
}

const WORDS: Readonly<Record<AttentionItem["kind"], string>> = {
  last_run_failed: "Last run failed",
  reference_broken: "The next run will be refused",
  agent_missing: "No agent",
  agent_paused: "Agent paused",
};

function Fix({ item }: { readonly item: AttentionItem }) {
  if (item.secretId !== null && item.secretKey !== null && !isGone(item.code)) {
    return (
      <Link to="/secrets/$secretId" params={{ secretId: item.secretId }} className={buttonClass()}>
        Open secret
      </Link>
    );
  }
  if (item.runId !== null) {
    return (
      <Link to="/runs/$runId" params={{ runId: item.runId }} className={buttonClass()}>
        Open run
      </Link>
    );
  }
  const tab = item.kind === "reference_broken" ? "secrets" : "overview";
  return (
    <Link to="/routines/$routineId" params={{ routineId: item.routineId }} search={{ tab }} className={buttonClass()}>
      Open routine
    </Link>
  );
}

/** Whether what was referred to cannot be brought back, so that only the reference can be changed. */
function isGone(code: string | null): boolean {
  return code === "secret_deleted" || code === "secret_missing" || code === "version_missing";
}

function sectionOf(area: string): "database" | "secrets" | "scheduler" {
  if (area === "vault" || area === "secrets") return "secrets";
  return area === "scheduler" ? "scheduler" : "database";
}
