import { useQueries as useAnswers, useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { HeldItem, HeldStretch } from "../../../preload/contract/inbox.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { counted } from "../secrets/secret-words.ts";
import { Button } from "../../ui/button.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { useRelease } from "./use-release.ts";

/** Slots that are shown of a stretch, and that can be run at once. */
const SHOWN = 100;

/** The slots of an item one by one, by the stretch in which they were missed, to be chosen. */
export function HeldStretches({ item }: { readonly item: HeldItem }) {
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const readOnly = useReadOnly();
  const release = useRelease(item, item.heldAt);
  const untold = useUntold(item);
  const choose = (at: string, isChosen: boolean) => {
    const next = new Set(chosen);
    if (isChosen) next.add(at);
    else next.delete(at);
    setChosen(next);
  };
  const slots = [...chosen];
  const isActive = item.routineStatus === "active";
  const blocked = readOnly !== null || release.pending;
  const done = async (wanted: Parameters<typeof release.run>[0]) => {
    if (await release.run(wanted)) setChosen(new Set());
  };
  return (
    <div className="inbox-screen-details">
      {item.explanation === null ? null : <p className="quiet">{item.explanation}</p>}
      {item.stretches.map((stretch) => (
        <Stretch key={stretch.id} stretch={stretch} chosen={chosen} onChoose={choose} />
      ))}
      {item.moreStretches > 0 ? (
        <p className="quiet">And {counted(item.moreStretches, "earlier stretch", "earlier stretches")}.</p>
      ) : null}
      {release.failure ? <FailureNotice what="Nothing was released" failure={release.failure} /> : null}
      <div className="inbox-screen-chosen">
        <Button
          isDisabled={blocked || !isActive || slots.length === 0 || slots.length > SHOWN}
          onPress={() => void done({ does: "run", choice: { kind: "slots", slots } })}
        >
          Run chosen ({slots.length})
        </Button>
        <Button
          isDisabled={blocked || slots.length === 0 || slots.length > SHOWN}
          onPress={() => void done({ does: "skip", choice: { kind: "slots", slots } })}
        >
          Skip chosen ({slots.length})
        </Button>
        {item.count > SHOWN ? (
          <span className="quiet">At most {SHOWN} are run at once.</span>
        ) : untold ? (
          <span className="quiet">Not all of them can be run: which they were cannot be told.</span>
        ) : (
          <Button isDisabled={blocked || !isActive} onPress={() => void done({ does: "run", choice: { kind: "all" } })}>
            Run all {item.count}
          </Button>
        )}
      </div>
    </div>
  );
}

/** What is asked for the slots of one stretch. */
function useSlotsQuery() {
  const company = useCompany();
  const { inbox } = useQueries();
  return (row: string) => inbox.slots.queryOptions({ input: { company: company.id, row, limit: SHOWN } });
}

/** Whether there are stretches of which only the first and the last slot can be told, so that not all can be run. */
function useUntold({ stretches }: HeldItem): boolean {
  const slotsOf = useSlotsQuery();
  return useAnswers({
    queries: stretches.map(({ id }) => slotsOf(id)),
    combine: (answers) => answers.some(({ data }) => typeof data?.unknown === "string"),
  });
}

interface StretchProps {
  readonly stretch: HeldStretch;
  readonly chosen: ReadonlySet<string>;
  onChoose(at: string, isChosen: boolean): void;
}

function Stretch({ stretch, chosen, onChoose }: StretchProps) {
  const slots = useQuery(useSlotsQuery()(stretch.id));
  return (
    <section className="inbox-screen-stretch">
      <p>
        {stretch.reason}{" "}
        <span className="quiet">
          Noticed <Time instant={stretch.heldAt} exactly />.
        </span>
      </p>
      <Answered
        query={slots}
        what="The slots cannot be shown"
        loading={<SkeletonRows rows={Math.min(stretch.count, 3)} />}
      >
        {(answer) =>
          answer.unknown === null ? (
            <>
              <ul className="inbox-screen-slots">
                {answer.slots.map(({ at, local }) => (
                  <li key={at}>
                    <Checkbox isSelected={chosen.has(at)} onChange={(isChosen) => onChoose(at, isChosen)}>
                      <span className="tabular">{local}</span>
                    </Checkbox>
                  </li>
                ))}
              </ul>
              {answer.more ? (
                <p className="quiet">
                  The newest {SHOWN} of {stretch.count.toLocaleString("en")}.
                </p>
              ) : null}
            </>
          ) : (
            <p className="quiet">
              {answer.unknown} None of them can be chosen here; the latest of the trigger can be run, or all of them
              skipped.
            </p>
          )
        }
      </Answered>
    </section>
  );
}
