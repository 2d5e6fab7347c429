import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { activityWords, actorWords } from "../../../../renderer/features/record/activity-words.ts";

const main = path.resolve(import.meta.dirname, "../../../../main");

/** Every action that a source of the control plane names beside the activity log. */
const recorded = new Set(
  readdirSync(main, { recursive: true, encoding: "utf8" })
    .filter((file) => file.endsWith(".ts"))
    .map((file) => readFileSync(path.join(main, file), "utf8"))
    .filter((source) => /record(?:Vault)?Activity|recordRoutine/.test(source))
    .flatMap(
      (source) => source.match(/(?<=")(?:company|project|agent|secret|routine|run|key|recovery)\.[a-z_]+(?=")/g) ?? [],
    ),
);

describe("the activity in words", () => {
  test("is known for every action that the control plane records", () => {
    expect(recorded.size).toBeGreaterThan(20);
    const unknown = [...recorded].filter((action) => activityWords({ action, details: {} }).done === action);
    expect(unknown).toEqual([]);
  });

  test.each([
    ["secret.rotated", { key: "gh-token", version: 4 }, "rotated the secret gh-token · now v4"],
    ["secret.deleted", { key: "gh-token", versions: 1 }, "deleted the secret gh-token · with 1 version"],
    ["secret.updated", { key: "gh-token", fields: ["name"] }, "changed the secret gh-token · name"],
    [
      "agent.updated",
      { name: "shell", changed: ["env", "adapterConfig"] },
      "changed the agent shell · env, configuration",
    ],
    [
      "routine.restored",
      { title: "Nightly", revision: 9, restoredFrom: 5, status: "paused" },
      "restored the routine Nightly · from revision 5, as revision 9, paused, because it has no agent",
    ],
    ["routine.revision_created", { revision: 3, changeSummary: null }, "saved revision 3"],
    ["run.retried", { attempt: 2 }, "retried the run · attempt 2"],
    ["key.rotated", { retired: "51c0ffee00ab34de" }, "rotated the master key · retired 51c0ffee00ab34de"],
    ["plugin.did_it", { key: "x" }, "plugin.did_it"],
    ["toString", {}, "toString"],
  ])("says %s", (action, details, words) => {
    const { done, name, note } = activityWords({ action, details });
    expect(`${done}${name === null ? "" : ` ${name}`}${note === null ? "" : ` · ${note}`}`).toBe(words);
  });

  test("names who did it", () => {
    expect(actorWords({ type: "user", id: "local-operator" })).toBe("The operator");
    expect(actorWords({ type: "system", id: null })).toBe("Paperclip Desktop");
    expect(actorWords({ type: "plugin", id: "smoke" })).toBe("Plugin smoke");
  });
});
