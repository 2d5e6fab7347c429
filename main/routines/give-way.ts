import type { RoutineRow } from "./snapshot.ts";

/** What a firing says that gave way to an active run of the same work, by the policy of its routine. */
export function lostTo(
  { concurrencyPolicy }: Pick<RoutineRow, "concurrencyPolicy">,
  active: { readonly id: string; readonly status: string },
) {
  const reason = `Run ${active.id} of the same work was ${active.status}.`;
  const coalesced = concurrencyPolicy === "coalesce_if_active";
  return {
    notBefore: null,
    status: coalesced ? ("coalesced" as const) : ("skipped" as const),
    coalescedIntoRunId: coalesced ? active.id : null,
    skipReason: reason,
    failure: coalesced
      ? null
      : { code: "run_active", message: reason, next: null, layer: null, key: null, secretKey: null },
  };
}
