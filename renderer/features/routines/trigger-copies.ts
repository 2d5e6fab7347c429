import type { TriggerInput, TriggerRecord } from "../../../preload/contract/triggers.ts";

/** The triggers of a routine for its copy: alike in all, and switched off, so that nothing starts twice. */
export function triggerCopies(triggers: readonly TriggerRecord[]): TriggerInput[] {
  return triggers.flatMap((trigger): TriggerInput[] => {
    const { kind, label, expression, zone, at, graceSeconds, missedCap, webhook } = trigger;
    const common = { enabled: false, ...(label === null ? {} : { label }) };
    switch (kind) {
      case "schedule":
        return [{ kind, expression: expression ?? "", zone: zone ?? "UTC", graceSeconds, missedCap, ...common }];
      case "once":
        return at === null ? [] : [{ kind, at, zone: zone ?? "UTC", graceSeconds, ...common }];
      case "api":
        return [{ kind, ...common }];
      case "webhook": {
        if (webhook === null) return [];
        const { signingMode, replayWindowSeconds } = webhook;
        return [{ kind, signingMode, replayWindowSeconds, ...common }];
      }
    }
  });
}
