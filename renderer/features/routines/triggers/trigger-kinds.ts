import { CalendarClock, Clock4, PlugZap, Webhook } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";

interface KindLook {
  readonly icon: LucideIcon;
  /** What kind of trigger it is, in one word. */
  readonly word: string;
}

const LOOKS: Readonly<Record<TriggerRecord["kind"], KindLook>> = {
  schedule: { icon: CalendarClock, word: "Schedule" },
  once: { icon: Clock4, word: "Once" },
  api: { icon: PlugZap, word: "Call" },
  webhook: { icon: Webhook, word: "Webhook" },
};

export const kindLook = (kind: TriggerRecord["kind"]): KindLook => LOOKS[kind];

/** When a trigger starts its routine, in words; of one instant the caller shows the time. */
export function whenWords({ kind, expression, explanation }: TriggerRecord): string {
  switch (kind) {
    case "schedule":
      return explanation ?? `${expression ?? ""} cannot be read`;
    case "once":
      return "Once";
    case "api":
      return "When it is called";
    case "webhook":
      return "When its address is called";
  }
}

/** What a trigger is called where it is spoken of: its label, or when it starts its routine. */
export function triggerName(trigger: TriggerRecord): string {
  return trigger.label ?? whenWords(trigger);
}
