import { Link } from "@tanstack/react-router";
import type { ReactNode } from "react";
import type { HeldItem } from "../../../preload/contract/inbox.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useReadOnly } from "../../data/status.ts";
import { counted } from "../secrets/secret-words.ts";
import { Button } from "../../ui/button.tsx";
import { MarkShape } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import { useRelease } from "./use-release.ts";
import "./held-item.css";

/** What is held of one trigger, with the two things to press; `details` is the third. */
export function HeldItemRow({ item, details }: { readonly item: HeldItem; readonly details: ReactNode }) {
  const readOnly = useReadOnly();
  const release = useRelease(item, item.heldAt);
  const { routineTitle, routineStatus, count } = item;
  const isActive = routineStatus === "active";
  const of = <span className="unseen"> of {routineTitle}</span>;
  return (
    <div className="held-item">
      <MarkShape state="held" label="Held" />
      <p className="held-item-words">
        <Link
          to="/routines/$routineId"
          params={{ routineId: item.routineId }}
          search={{ tab: "triggers" }}
          className="held-item-title"
          dir="auto"
        >
          {routineTitle}
        </Link>{" "}
        {item.triggerLabel === null ? null : <span dir="auto">({item.triggerLabel}) </span>}
        {counted(count, "slot is held", "slots are held")}, {count === 1 ? "of " : "the latest of "}
        <Time instant={item.last} zone={item.zone} />.{" "}
        <span className="quiet">
          {isActive ? item.reason : `The routine is ${routineStatus}: resume it to run them, or skip them.`}
        </span>
      </p>
      <div className="held-item-actions">
        <Button
          isPending={release.pending}
          isDisabled={readOnly !== null || !isActive}
          onPress={() => void release.run({ does: "run", choice: { kind: "latest" } })}
        >
          {count === 1 ? "Run it" : "Run latest"}
          {of}
        </Button>
        <Button
          isDisabled={readOnly !== null || release.pending}
          onPress={() => void release.run({ does: "skip", choice: { kind: "all" } })}
        >
          {count === 1 ? "Skip it" : "Skip all"}
          {of}
        </Button>
        {details}
      </div>
      {release.failure ? <FailureNotice what="Nothing was released" failure={release.failure} /> : null}
    </div>
  );
}
