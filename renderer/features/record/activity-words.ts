import type { ActivityEntry } from "../../../preload/contract/system.ts";

export interface ActivityWords {
  /** What was done, as it goes on behind the one who did it: "created the secret". */
  readonly done: string;
  /** What it was done to, by its name; null where the entry does not say. */
  readonly name: string | null;
  /** What else is known. */
  readonly note: string | null;
}

type Details = ActivityEntry["details"];

const text = (details: Details, field: string): string | null => {
  const value = details[field];
  return typeof value === "string" || typeof value === "number" ? String(value) : null;
};

const list = (details: Details, field: string): string | null => {
  const value = details[field];
  if (!Array.isArray(value) || value.length === 0) return null;
  return value.map((each) => FIELDS[String(each)] ?? String(each)).join(", ");
};

/** What fields of agents, projects and secrets are called on the screen, where that is another word. */
const FIELDS: Readonly<Record<string, string>> = {
  adapterConfig: "configuration",
  passThrough: "pass-through list",
};

type Say = (details: Details) => Omit<ActivityWords, "done"> & { readonly done?: string };

const named: Say = (details) => ({ name: text(details, "name"), note: null });
const changed: Say = (details) => ({ name: text(details, "name"), note: list(details, "changed") });
const secret: Say = (details) => ({ name: text(details, "key"), note: null });
const secretVersion: Say = (details) => ({
  name: text(details, "key"),
  note: numbered("v", text(details, "version")),
});
const titled: Say = (details) => ({ name: text(details, "title"), note: null });
const trigger: Say = (details) => ({ name: null, note: text(details, "label") ?? text(details, "kind") });
const nothing: Say = () => ({ name: null, note: null });
const numbered = (before: string, number: string | null, after = ""): string | null =>
  number === null ? null : `${before}${number}${after}`;

/** Every action that the control plane records. */
const ACTIONS: Readonly<Record<string, readonly [done: string, say: Say]>> = {
  "company.created": ["created the company", named],
  "company.updated": [
    "changed the company",
    (details) => ({ name: text(details, "name"), note: numbered("prefix ", text(details, "issuePrefix")) }),
  ],
  "company.schedules_paused": ["paused schedules and webhooks", nothing],
  "company.schedules_resumed": ["resumed schedules and webhooks", nothing],
  "project.created": ["created the project", named],
  "project.updated": ["changed the project", changed],
  "agent.created": ["created the agent", named],
  "agent.updated": ["changed the agent", changed],
  "audit.verified": [
    "verified the access events",
    (details) => ({
      name: null,
      note:
        details["findings"] === 0
          ? numbered("unbroken up to #", text(details, "sealedTo"))
          : numbered("findings: ", text(details, "findings")),
    }),
  ],
  "key.rotated": [
    "rotated the master key",
    (details) => ({ name: null, note: numbered("retired ", text(details, "retired")) }),
  ],
  "key.forgotten": ["forgot a retired master key", nothing],
  "key.moved": [
    "moved the master key",
    (details) => ({
      name: null,
      note: joined(numbered("from the ", text(details, "from")), numbered("to the ", text(details, "to"))),
    }),
  ],
  "recovery.created": ["made a recovery code", nothing],
  "recovery.tested": ["proved the recovery code", nothing],
  "recovery.used": ["opened the vault with the recovery code", nothing],
  "secret.created": ["created the secret", secret],
  "secret.rotated": [
    "rotated the secret",
    (details) => ({ name: text(details, "key"), note: numbered("now v", text(details, "version")) }),
  ],
  "secret.rolled_back": [
    "rolled back the secret",
    (details) => ({
      name: text(details, "key"),
      note: joined(numbered("to v", text(details, "ofVersion")), numbered("now v", text(details, "version"))),
    }),
  ],
  "secret.version_disabled": ["disabled a version of the secret", secretVersion],
  "secret.version_enabled": ["enabled a version of the secret", secretVersion],
  "secret.version_destroyed": ["destroyed a version of the secret", secretVersion],
  "secret.updated": [
    "changed the secret",
    (details) => ({ name: text(details, "key"), note: list(details, "fields") }),
  ],
  "secret.enabled": ["enabled the secret", secret],
  "secret.disabled": ["disabled the secret", secret],
  "secret.archived": ["archived the secret", secret],
  "secret.deleted": [
    "deleted the secret",
    (details) => {
      const versions = text(details, "versions");
      return {
        name: text(details, "key"),
        note: versions === null ? null : versions === "1" ? "with 1 version" : `with ${versions} versions`,
      };
    },
  ],
  "backup.added": ["added a backup from elsewhere", named],
  "routine.created": ["created the routine", titled],
  "routine.updated": [
    "changed the routine",
    (details) => ({
      name: text(details, "title"),
      note: joined(
        numbered("revision ", text(details, "revision")),
        details["status"] === "paused" ? "paused, because it has no agent" : null,
      ),
    }),
  ],
  "routine.restored": [
    "restored the routine",
    (details) => ({
      name: text(details, "title"),
      note: joined(
        numbered("from revision ", text(details, "restoredFrom")),
        numbered("as revision ", text(details, "revision")),
        details["status"] === "paused" ? "paused, because it has no agent" : null,
      ),
    }),
  ],
  "routine.revision_created": [
    "saved revision",
    (details) => ({ name: text(details, "revision"), note: text(details, "changeSummary") }),
  ],
  "routine.trigger_created": ["gave the routine a trigger", trigger],
  "routine.trigger_updated": ["changed a trigger of the routine", trigger],
  "routine.trigger_enabled": ["enabled a trigger of the routine", trigger],
  "routine.trigger_disabled": ["disabled a trigger of the routine", trigger],
  "routine.trigger_deleted": ["removed a trigger of the routine", trigger],
  "routine.webhook_rotated": ["rotated the signing key of a webhook of the routine", trigger],
  "routine.held_run": [
    "ran held slots of the routine",
    (details) => ({
      name: null,
      note: joined(numbered("runs: ", text(details, "runs")), numbered("skipped: ", text(details, "skipped"))),
    }),
  ],
  "routine.held_skipped": [
    "skipped held slots of the routine",
    (details) => ({ name: null, note: numbered("slots: ", text(details, "skipped")) }),
  ],
  "routine.paused": ["paused the routine", titled],
  "routine.resumed": ["resumed the routine", titled],
  "routine.archived": ["archived the routine", titled],
  "run.cancelled": ["cancelled the run", nothing],
  "run.cancel_requested": ["asked the run to stop", nothing],
  "run.logs_removed": [
    "removed logs of ended runs",
    (details) => ({ name: null, note: numbered("logs: ", text(details, "logs")) }),
  ],
  "run.retried": [
    "retried the run",
    (details) => ({ name: null, note: numbered("attempt ", text(details, "attempt")) }),
  ],
};

/** An entry of the activity log in words. An action that is not known here is shown as it is recorded. */
export function activityWords({ action, details }: Pick<ActivityEntry, "action" | "details">): ActivityWords {
  const known = Object.hasOwn(ACTIONS, action) ? ACTIONS[action] : undefined;
  if (known === undefined) return { done: action, name: null, note: null };
  const [done, say] = known;
  return { done, ...say(details) };
}

/** Who did it: there is one operator on a machine. */
export function actorWords({ type, id }: ActivityEntry["actor"]): string {
  switch (type) {
    case "user":
      return "The operator";
    case "agent":
      return id === null ? "An agent" : `Agent ${id.slice(0, 8)}`;
    case "plugin":
      return id === null ? "A plugin" : `Plugin ${id}`;
    case "system":
      return "Paperclip Desktop";
  }
}

function joined(...parts: readonly (string | null)[]): string | null {
  const there = parts.filter((part) => part !== null);
  return there.length === 0 ? null : there.join(", ");
}
