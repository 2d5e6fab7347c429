import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type {
  AffectedFiring,
  AffectedKey,
  AffectedRoutine,
  Blast,
  BlastEffect,
  RoutineStarts,
  SecretChange,
} from "../../../preload/contract/blast.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Mark, MarkShape } from "../../ui/mark.tsx";
import type { State } from "../../ui/mark.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Tag } from "../../ui/tag.tsx";
import { Time } from "../../ui/time.tsx";
import { hereText, zonedText } from "../../ui/time-text.ts";
import { blastSentence, EFFECTS, keyWords, startsWords } from "./blast-words.ts";
import { ConsumerLink } from "./consumer-link.tsx";
import { Line, Lines } from "./lines.tsx";
import { counted, shortId, variableOf } from "./secret-words.ts";
import "./blast-view.css";

export interface BlastViewProps {
  readonly secretId: string;
  readonly change: SecretChange;
  /** The version that is disabled, destroyed or brought back. */
  readonly version?: number;
}

const SHAPES: Readonly<Record<BlastEffect, State>> = { stops: "failed", gets_new_value: "ok", unaffected: "previous" };

/** What a change of a secret does to routines and waiting runs, shown before it is made. */
export function BlastView({ secretId, change, version }: BlastViewProps) {
  const company = useCompany();
  const queries = useQueries();
  const query = useQuery(
    queries.routines.blast.queryOptions({
      input: { company: company.id, secret: secretId, change, ...(version === undefined ? {} : { version }) },
    }),
  );
  return (
    <Answered
      query={query}
      what="What it does to routines cannot be shown"
      loading={<SkeletonRows rows={4} label="Loading what it does to routines" />}
    >
      {(blast) => <Reached blast={blast} />}
    </Answered>
  );
}

function Reached({ blast }: { readonly blast: Blast }) {
  const { routines, firings, moreFirings, idle, change } = blast;
  const isEmpty = routines.length + firings.length + idle.length === 0;
  return (
    <>
      <p>
        <strong>{blastSentence(blast)}</strong> Runs that have started keep what they were given.
      </p>
      {isEmpty ? null : (
        <div className="blast-view" role="group" aria-label="What it does to routines" tabIndex={0}>
          {EFFECTS.map(({ effect, title }) => (
            <Group
              key={effect}
              effect={effect}
              title={title}
              change={change}
              routines={routines.filter((routine) => routine.effect === effect)}
            />
          ))}
          <Firings firings={firings} more={moreFirings} change={change} />
          <Idle idle={idle} />
        </div>
      )}
    </>
  );
}

interface GroupProps {
  readonly effect: BlastEffect;
  readonly title: string;
  readonly change: SecretChange;
  readonly routines: readonly AffectedRoutine[];
}

function Group({ effect, title, change, routines }: GroupProps) {
  if (routines.length === 0) return null;
  return (
    <section className="blast-view-group">
      <h3 className="blast-view-title">
        <MarkShape state={SHAPES[effect]} />
        {title}
        <span className="quiet tabular">{routines.length.toLocaleString("en")}</span>
      </h3>
      <Lines label={title} entries={routines} idOf={({ routineId }) => routineId}>
        {({ routineId, title: name, status, keys, starts }) => (
          <Line
            first={
              <>
                <ConsumerLink type="routine" id={routineId} name={name} />
                {status === "active" ? null : <Mark state={status} />}
              </>
            }
            second={
              <>
                <Keys keys={keys} change={change} />
                {starts === null ? null : <Starts starts={starts} />}
              </>
            }
          />
        )}
      </Lines>
    </section>
  );
}

/** When the routine is due next, each in its trigger's zone, and what else starts it. */
function Starts({ starts }: { readonly starts: RoutineStarts }) {
  const words = startsWords(starts);
  return (
    <div className="blast-view-starts">
      {starts.next.length === 0 ? null : (
        <>
          <span>Next:</span>
          <ul>
            {starts.next.map(({ at, zone, triggerId }) => {
              const here = hereText(at, zone);
              return (
                <li key={`${at} ${triggerId}`} className="tabular">
                  {zonedText(at, zone)} {zone}
                  {here === null ? null : ` (${here} here)`}, <Time instant={at} zone={zone} />
                </li>
              );
            })}
          </ul>
        </>
      )}
      {words === null ? null : <span>{words}</span>}
    </div>
  );
}

function Keys({ keys, change }: { readonly keys: readonly AffectedKey[]; readonly change: SecretChange }) {
  return (
    <ul className="blast-view-keys">
      {keys.map((key) => (
        <li key={`${key.layer} ${key.key}`}>
          <code>{key.key}</code>
          <span>{key.layer === "routine" ? "of its own" : `through the ${key.layer} ${key.consumerName}`}</span>
          <Tag>{key.selector === "latest" ? "latest" : `pinned to v${key.selector}`}</Tag>
          <span>{keyWords(key, change)}</span>
        </li>
      ))}
    </ul>
  );
}

interface FiringsProps {
  readonly firings: readonly AffectedFiring[];
  readonly more: number;
  readonly change: SecretChange;
}

/** Runs that wait already, by the time at which they may begin. */
function Firings({ firings, more, change }: FiringsProps) {
  if (firings.length === 0) return null;
  return (
    <section className="blast-view-group">
      <h3 className="blast-view-title">
        Waiting runs <span className="quiet tabular">{(firings.length + more).toLocaleString("en")}</span>
      </h3>
      <Lines
        label="Waiting runs"
        entries={firings}
        idOf={({ runId, routineId, at }) => runId ?? `${routineId} ${String(at)}`}
      >
        {({ kind, at, runId, title, effect, keys }) => (
          <Line
            first={
              <>
                <MarkShape state={SHAPES[effect]} label={EFFECTS.find((one) => one.effect === effect)?.title ?? ""} />
                <span dir="auto">{title}</span>
                <span className="quiet">
                  {kind === "retry" ? "next attempt " : ""}
                  {at === null ? "as soon as there is a place" : <Time instant={at} exactly />}
                </span>
              </>
            }
            second={
              <>
                {runId === null ? null : (
                  <Link to="/runs/$runId" params={{ runId }}>
                    run #{shortId(runId)}
                  </Link>
                )}
                <Keys keys={keys} change={change} />
              </>
            }
          />
        )}
      </Lines>
      {more === 0 ? null : <p className="quiet small">{counted(more, "later run")} not shown.</p>}
    </section>
  );
}

function Idle({ idle }: Pick<Blast, "idle">) {
  if (idle.length === 0) return null;
  return (
    <section className="blast-view-group">
      <h3 className="blast-view-title">Bound, and used by no routine now</h3>
      <Lines
        label="Bound, and used by no routine now"
        entries={idle}
        idOf={({ targetId, configPath }) => `${targetId} ${configPath}`}
      >
        {({ targetType, targetId, targetName, configPath }) => (
          <Line
            first={
              <>
                <ConsumerLink type={targetType} id={targetId} name={targetName} />
                <span className="quiet">{targetType}</span>
              </>
            }
            second={<code>{variableOf(configPath)}</code>}
          />
        )}
      </Lines>
    </section>
  );
}
