import { Pencil, Trash2, Webhook } from "lucide-react";
import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { Switch } from "../../../ui/field.tsx";
import { ActionMenu } from "../../../ui/menu.tsx";
import { Time } from "../../../ui/time.tsx";
import { bothZonesText } from "../../../ui/time-text.ts";
import { LastResult } from "./last-result.tsx";
import { isEditable } from "./trigger-dialog.tsx";
import { kindLook, triggerName, whenWords } from "./trigger-kinds.ts";

export interface TriggerRowProps {
  readonly routine: RoutineRecord;
  readonly trigger: TriggerRecord;
  /** Why nothing can be changed now, or null. */
  readonly blocked: string | null;
  onSwitch(enabled: boolean): void;
  onEdit(): void;
  /** Opens the set-up and the deliveries of a webhook. */
  onOpen(): void;
  onRemove(): void;
}

/** One trigger: when it starts the routine, when it does next, what became of the last time. */
export function TriggerRow({ routine, trigger, blocked, onSwitch, onEdit, onOpen, onRemove }: TriggerRowProps) {
  const { icon: Icon, word } = kindLook(trigger.kind);
  const name = triggerName(trigger);
  const details = detailsOf(trigger, word);
  return (
    <li className="triggers-tab-row">
      <Icon aria-hidden="true" className="triggers-tab-kind" />
      <div className="triggers-tab-what">
        <p className="triggers-tab-name" dir="auto">
          {name}
        </p>
        <p className="quiet small">
          {details.map((detail, index) => (
            <span key={detail}>
              {index === 0 ? null : " · "}
              {detail === trigger.expression ? <code>{detail}</code> : detail}
            </span>
          ))}
        </p>
      </div>
      <div className="triggers-tab-next">
        <Next routine={routine} trigger={trigger} />
      </div>
      <div className="small triggers-tab-last">
        <LastResult trigger={trigger} />
      </div>
      <div className="triggers-tab-actions">
        <Switch
          aria-label={`${name}: enabled`}
          isSelected={trigger.enabled}
          isDisabled={blocked !== null}
          onChange={onSwitch}
        >
          {trigger.enabled ? "On" : "Off"}
        </Switch>
        <ActionMenu
          label={`Actions of ${name}`}
          actions={[
            ...(trigger.kind === "webhook"
              ? [{ id: "open", label: "Set-up and deliveries", icon: Webhook, unavailable: null, act: onOpen }]
              : []),
            ...(isEditable(trigger.kind)
              ? [{ id: "edit", label: "Edit trigger", icon: Pencil, unavailable: blocked, act: onEdit }]
              : []),
            { id: "remove", label: "Remove trigger", icon: Trash2, danger: true, unavailable: blocked, act: onRemove },
          ]}
        />
      </div>
    </li>
  );
}

/** What stands below the name: what the name does not say already. */
function detailsOf(trigger: TriggerRecord, kind: string): string[] {
  const { expression, label, at, zone, nextRunAt } = trigger;
  return [
    kind,
    ...(label === null || trigger.kind === "once" ? [] : [whenWords(trigger)]),
    ...(expression === null ? [] : [expression]),
    ...(at === null || nextRunAt !== null ? [] : [bothZonesText(at, zone ?? "UTC")]),
  ];
}

function Next({ routine, trigger }: Pick<TriggerRowProps, "routine" | "trigger">) {
  const { nextRunAt, zone, kind } = trigger;
  if (nextRunAt !== null) {
    return (
      <>
        <Time instant={nextRunAt} zone={zone ?? "UTC"} />
        <span className="quiet small triggers-tab-exact">{bothZonesText(nextRunAt, zone ?? "UTC")}</span>
      </>
    );
  }
  const why = !trigger.enabled
    ? "off"
    : kind === "api" || kind === "webhook"
      ? "when it is called"
      : routine.status === "active"
        ? "nothing comes"
        : `the routine is ${routine.status}`;
  return <span className="quiet">{why}</span>;
}
