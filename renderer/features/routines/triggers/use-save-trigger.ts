import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import type { TriggerChanges, TriggerInput, TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { useCompany } from "../../../data/company.tsx";
import { useClient } from "../../../data/panel-context.tsx";
import { useAction } from "../../../data/use-action.ts";
import type { Action } from "../../../data/use-action.ts";

export interface TriggerSave {
  /** What a new one is. */
  readonly create: TriggerInput;
  /** What of the one that is edited differs; times that are sent are counted anew. */
  readonly changes: TriggerChanges;
}

/** Creates a trigger of the routine, or changes the one that is edited. */
export function useSaveTrigger(
  routine: RoutineRecord,
  trigger: TriggerRecord | null,
): Action<TriggerSave, TriggerRecord> {
  const company = useCompany();
  const client = useClient();
  const of = { company: company.id, routine: routine.id };
  return useAction(({ create, changes }: TriggerSave) =>
    trigger === null
      ? client.triggers.create({ ...of, trigger: create })
      : client.triggers.update({ ...of, trigger: trigger.id, changes }),
  );
}

/** A part of the changes: the value under its name where it is another one than before. */
export function changed<Name extends string, Value>(
  name: Name,
  value: Value,
  before: Value,
): { readonly [Key in Name]?: Value } {
  return value === before ? {} : ({ [name]: value } as { readonly [Key in Name]: Value });
}
