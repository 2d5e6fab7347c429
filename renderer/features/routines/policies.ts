import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import type { Option } from "../../ui/field.tsx";

type Choices<Id extends string> = readonly (Option & { readonly id: Id })[];

export const concurrencyChoices: Choices<RoutineRecord["concurrencyPolicy"]> = [
  {
    id: "coalesce_if_active",
    label: "Join the active run",
    detail: "The start is recorded and names the run it joined.",
  },
  { id: "skip_if_active", label: "Skip the start", detail: "The start is recorded as skipped." },
  { id: "always_enqueue", label: "Run each one", detail: "Each start runs, whatever else is active." },
];

export const catchUpChoices: Choices<RoutineRecord["catchUpPolicy"]> = [
  { id: "skip_missed", label: "Skip", detail: "Slots that were missed are recorded and not run." },
  { id: "enqueue_latest_missed", label: "Run the latest", detail: "One run stands for all that were missed." },
  { id: "enqueue_missed_with_cap", label: "Run the newest ones", detail: "As many as the cap allows, spaced out." },
  { id: "hold", label: "Ask first", detail: "They wait until somebody decides." },
];

export const priorityChoices: Choices<RoutineRecord["priority"]> = [
  { id: "low", label: "Low" },
  { id: "medium", label: "Medium" },
  { id: "high", label: "High" },
  { id: "urgent", label: "Urgent" },
];
