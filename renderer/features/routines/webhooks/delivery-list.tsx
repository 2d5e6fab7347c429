import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Inbox } from "lucide-react";
import { useState } from "react";
import type { Delivery } from "../../../../preload/contract/webhooks.ts";
import { Answered } from "../../../data/answered.tsx";
import { useQueries } from "../../../data/panel-context.tsx";
import { Button } from "../../../ui/button.tsx";
import { Mark } from "../../../ui/mark.tsx";
import { EmptyState } from "../../../ui/notice.tsx";
import { SkeletonRows } from "../../../ui/skeleton.tsx";
import { Time } from "../../../ui/time.tsx";
import { bytesText } from "../../../ui/time-text.ts";
import type { OneWebhook } from "./webhook-dialog.tsx";

const FIRST = 8;
/** As many as are kept. */
const ALL = 500;

/** What came to a webhook and what became of it, newest first. */
export function DeliveryList({ one }: { readonly one: OneWebhook }) {
  const [limit, setLimit] = useState(FIRST);
  const query = useQuery({
    ...useQueries().webhooks.deliveries.queryOptions({ input: { ...one, limit } }),
    placeholderData: (before) => before,
  });
  return (
    <Answered query={query} what="The deliveries cannot be shown" loading={<SkeletonRows rows={3} />}>
      {({ deliveries, nextCursor }) =>
        deliveries.length === 0 ? (
          <EmptyState icon={Inbox} title="Nothing came yet">
            Each delivery is listed here with what became of it, without its body. The last 500 of 30 days are kept.
          </EmptyState>
        ) : (
          <>
            <ul className="webhook-deliveries" aria-label="Deliveries">
              {deliveries.map((delivery) => (
                <DeliveryRow key={delivery.id} delivery={delivery} />
              ))}
            </ul>
            {nextCursor !== null && limit < ALL ? (
              <div>
                <Button isPending={query.isPlaceholderData} onPress={() => setLimit(ALL)}>
                  Show all deliveries
                </Button>
              </div>
            ) : null}
          </>
        )
      }
    </Answered>
  );
}

function DeliveryRow({ delivery }: { readonly delivery: Delivery }) {
  const { receivedAt, outcome, test, httpStatus, reason, bodyBytes, sourceAddress, previousKey, runId } = delivery;
  return (
    <li className="webhook-delivery">
      <Mark state={outcome} />
      <span className="webhook-delivery-why" dir="auto">
        {runId !== null && outcome === "started" ? (
          <Link to="/runs/$runId" params={{ runId }}>
            Open run
          </Link>
        ) : (
          reason
        )}
        <span className="quiet small">
          {[
            `answered ${String(httpStatus)}`,
            bytesText(bodyBytes),
            ...(test ? ["a test"] : []),
            ...(sourceAddress === null ? [] : [`from ${sourceAddress}`]),
            ...(previousKey ? ["by the old key"] : []),
          ].join(" · ")}
        </span>
      </span>
      <span className="quiet">
        <Time instant={receivedAt} />
      </span>
    </li>
  );
}
