import { ActivityList } from "../record/activity-list.tsx";

/** What was done to a routine, by whom. */
export function ActivityTab({ routineId }: { readonly routineId: string }) {
  return <ActivityList entity={{ type: "routine", id: routineId }} />;
}
