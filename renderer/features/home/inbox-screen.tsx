import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useState } from "react";
import type { HeldItem, Released } from "../../../preload/contract/inbox.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { counted } from "../secrets/secret-words.ts";
import { Button } from "../../ui/button.tsx";
import { EmptyState, Notice } from "../../ui/notice.tsx";
import { Page, Stack } from "../../ui/page.tsx";
import { HeldItemRow } from "./held-item.tsx";
import { HeldStretches } from "./held-stretches.tsx";
import { useRelease } from "./use-release.ts";
import "./inbox-screen.css";

/** Everything that was missed and waits to be run or skipped. */
export function InboxScreen() {
  const company = useCompany();
  const held = useQuery(useQueries().inbox.list.queryOptions({ input: { company: company.id } }));
  const newest = held.data?.items[0]?.heldAt ?? null;
  const readOnly = useReadOnly();
  const whole = useWholeInbox(newest ?? new Date(0).toISOString());
  return (
    <Page
      title="Wake-up inbox"
      up={<Link to="/">Home</Link>}
      facts={held.data && held.data.slots > 0 ? counted(held.data.slots, "slot held", "slots held") : null}
      actions={
        newest === null ? null : (
          <>
            <Button
              isDisabled={readOnly !== null || whole.pending}
              onPress={() => void whole.run({ does: "skip", choice: { kind: "all" } })}
            >
              Skip everything
            </Button>
            <Button
              variant="primary"
              isPending={whole.pending}
              isDisabled={readOnly !== null}
              onPress={() => void whole.run({ does: "run", choice: { kind: "latest" } })}
            >
              Run latest of each
            </Button>
          </>
        )
      }
    >
      <Stack>
        {whole.failure ? <FailureNotice what="Nothing was released" failure={whole.failure} /> : null}
        {whole.refused.length === 0 ? null : (
          <Notice
            tone="doubtful"
            title={counted(whole.refused.length, "routine was left as it is", "routines were left as they are")}
          >
            {whole.refused.map(({ routineId, message, next }) => (
              <p key={routineId}>
                {message} {next}
              </p>
            ))}
          </Notice>
        )}
        <Answered query={held} what="What is held cannot be shown">
          {({ items, more }) =>
            items.length === 0 ? (
              <EmptyState icon={Inbox} title="Nothing is held">
                Slots of a routine come here that were missed while the app was closed or the machine asleep, where the
                routine is set to hold them.
              </EmptyState>
            ) : (
              <>
                <ul className="inbox-screen-items">
                  {items.map((item) => (
                    <Item key={`${item.routineId} ${item.triggerId}`} item={item} />
                  ))}
                </ul>
                {more > 0 ? <p className="quiet">And {more} more. They come up as these are done.</p> : null}
              </>
            )
          }
        </Answered>
      </Stack>
    </Page>
  );
}

function Item({ item }: { readonly item: HeldItem }) {
  const [open, setOpen] = useState(false);
  return (
    <li className="inbox-screen-item">
      <HeldItemRow
        item={item}
        details={
          <Button variant="quiet" aria-expanded={open} onPress={() => setOpen(!open)}>
            {open ? "Close details" : "Details"}
            <span className="unseen"> of {item.routineTitle}</span>
          </Button>
        }
      />
      {open ? <HeldStretches item={item} /> : null}
    </li>
  );
}

/** For all routines at once. What is refused of one stays held, and says why. */
function useWholeInbox(heldUntil: string) {
  const release = useRelease(null, heldUntil);
  const [refused, setRefused] = useState<Released["refused"]>([]);
  const run = async (wanted: Parameters<typeof release.run>[0]) => {
    const released = await release.run(wanted);
    if (released) setRefused(released.refused);
  };
  return { run, pending: release.pending, failure: release.failure, refused };
}
