import { describe, expect, test } from "vitest";
import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import { emptyRow, rowOf } from "../../../../renderer/features/environment/env-rows.ts";
import {
  changesOf,
  draftOf,
  fieldMessages,
  formChanges,
  formOf,
  formProblems,
  formWithLinesOf,
  inputOf,
  startingForm,
} from "../../../../renderer/features/routines/form.ts";
import { entryOf } from "../../../../renderer/features/routines/preview-fix.tsx";
import { aDraft } from "./fixtures.ts";

const secretId = "11111111-1111-4111-8111-111111111111";
const base = aDraft({ env: { LOG_LEVEL: { type: "plain", value: "info" } } });
const unfinished = { ...emptyRow(), key: "GH_TOKEN", kind: "secret" as const };

describe("a form of a routine", () => {
  test("that was not touched changes nothing", () => {
    expect(formChanges(base, formOf(base))).toEqual([]);
    expect(changesOf(base, formOf(base))).toEqual({});
    expect(draftOf(formOf(base))).toEqual(base);
  });

  test("sends what was changed, and the variables with the texts that name them", () => {
    const form = { ...formOf(base), instructions: "Look at {{what}}.", priority: "high" as const };
    expect(changesOf(base, form)).toEqual({
      instructions: "Look at {{what}}.",
      priority: "high",
      variables: [{ name: "what", type: "text", required: true }],
    });
  });

  test("counts a line that is not finished, and does not save it", () => {
    const form = { ...formOf(base), env: [...formOf(base).env, unfinished] };
    expect(formChanges(base, form)).toEqual(["unfinished"]);
    expect(formProblems(form)).toEqual({ env: "The environment has lines that cannot be saved." });
  });

  test("keeps unfinished lines through a merge", () => {
    const form = { ...formOf(base), env: [...formOf(base).env, unfinished] };
    const merged = formWithLinesOf({ ...base, env: { NEW: { type: "plain", value: "1" } } }, form);
    expect(merged.env.map(({ key }) => key)).toEqual(["NEW", "GH_TOKEN"]);
  });

  test("takes an env as lines and gives it as the control plane takes it", () => {
    const env = [rowOf("GH_TOKEN", { type: "secret_ref", secretId, version: 2 }), emptyRow()];
    expect(inputOf({ ...formOf(base), env }).env).toEqual({ GH_TOKEN: { type: "secret_ref", secretId, version: 2 } });
  });

  test.each([
    [{ title: "  " }, "title"],
    [{ title: "x".repeat(201) }, "title"],
    [{ instructions: "x".repeat(200_001) }, "instructions"],
    [{ instructions: Array.from({ length: 51 }, (_, index) => `{{v${index}}}`).join(" ") }, "instructions"],
    [{ retry: { ...base.retry, maxAttempts: 26 } }, "retry.maxAttempts"],
    [{ retry: { ...base.retry, maxAttempts: 1.5 } }, "retry.maxAttempts"],
    [{ retry: { ...base.retry, backoffSeconds: 0 } }, "retry.backoffSeconds"],
    [{ retry: { ...base.retry, backoffFactor: 0.5 } }, "retry.backoffFactor"],
    [{ retry: { ...base.retry, backoffCapSeconds: 86_401 } }, "retry.backoffCapSeconds"],
    [{ retry: { ...base.retry, jitter: 1.1 } }, "retry.jitter"],
    [{ limits: { ...base.limits, timeoutSeconds: 0 } }, "limits.timeoutSeconds"],
    [{ limits: { ...base.limits, logLimitBytes: 1_000 } }, "limits.logLimitBytes"],
    [
      { instructions: "{{n}}", variables: [{ name: "n", type: "text" as const, required: true, label: "a\0b" }] },
      "variables.n",
    ],
    [{ instructions: "{{n}}", variables: [{ name: "n", type: "select" as const, required: true }] }, "variables.n"],
  ])("says what is wrong with it: %#", (changes, field) => {
    expect(Object.keys(formProblems({ ...formOf(base), ...changes }))).toEqual([field]);
  });

  test("finds the messages of the control plane by its own names", () => {
    expect(fieldMessages({ "changes.title": "a", "routine.env.X": "b", agent: "c" })).toEqual({
      title: "a",
      "env.X": "b",
      agent: "c",
    });
  });

  test("of a copy has another title, short enough, and all the rest", () => {
    const routine = { ...base, title: "x".repeat(200), status: "active" } as RoutineRecord;
    const copy = startingForm(routine);
    expect(copy.title).toHaveLength(197);
    expect(draftOf(copy)).toEqual({ ...base, title: copy.title });
  });
});

test("a problem of a preview is about the entry whose key and layer it begins with", () => {
  const entry = (key: string, problem: string | null) => ({
    key,
    layer: "routine" as const,
    overrides: [],
    source: "secret" as const,
    problem,
  });
  const env = [entry("GH", "secret_inactive"), entry("GH_TOKEN", "secret_inactive")];
  const problem = { code: "secret_inactive", message: 'GH_TOKEN (routine): secret "x" is disabled.', next: null };
  expect(entryOf(problem, env)?.key).toBe("GH_TOKEN");
  expect(entryOf({ ...problem, code: "agent_inactive" }, env)).toBeNull();
});
