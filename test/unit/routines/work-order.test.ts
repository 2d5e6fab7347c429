import { describe, expect, test } from "vitest";
import type { RoutineRow } from "../../../main/routines/snapshot.ts";
import { fingerprintOf, textOf } from "../../../main/routines/work-order.ts";

const NOW = new Date("2026-03-08T07:00:00Z");

/** A routine with this text; nothing else of it is looked at. */
const routine = (title: string, instructions = ""): RoutineRow => ({
  id: "11111111-1111-4111-8111-111111111111",
  companyId: "22222222-2222-4222-8222-222222222222",
  projectId: null,
  goalId: null,
  parentIssueId: null,
  title,
  instructions,
  assigneeAgentId: null,
  priority: "medium",
  status: "active",
  concurrencyPolicy: "coalesce_if_active",
  catchUpPolicy: "skip_missed",
  variables: [],
  env: {},
  retry: {
    maxAttempts: 1,
    backoffSeconds: 30,
    backoffFactor: 2,
    backoffCapSeconds: 86_400,
    jitter: 0,
    onInterruption: false,
  },
  limits: { timeoutSeconds: null, logLimitBytes: null },
  latestRevisionId: "33333333-3333-4333-8333-333333333333",
  latestRevisionNumber: 1,
  createdByType: "user",
  createdById: null,
  lastTriggeredAt: null,
  lastEnqueuedAt: null,
  createdAt: NOW,
  updatedAt: NOW,
});

describe("the text of a run", () => {
  test("has the values of the run and the time of the dispatch", () => {
    expect(textOf(routine("{{what}} on {{date}}", "At {{timestamp}}: {{what}}"), { what: "Review" }, NOW)).toEqual({
      title: "Review on 2026-03-08",
      instructions: "At 2026-03-08 07:00 UTC: Review",
    });
  });

  test("has a title of one line that is not endless; the instructions stay as they are", () => {
    const { title, instructions } = textOf(routine("{{a}}", "{{a}}"), { a: "one\r\ntwo\tthree" }, NOW);
    expect(title).toBe("one two three");
    expect(instructions).toBe("one\r\ntwo\tthree");
    const long = textOf(routine("{{a}}"), { a: `${"x".repeat(498)}😀😀` }, NOW).title;
    expect(long).toBe(`${"x".repeat(498)}…`);
  });
});

describe("the fingerprint of a firing", () => {
  const work = { payload: { a: 1, b: [1, 2] }, agentId: "a", projectId: null, variables: { x: 1, y: "2" } };

  test("is the same for the same work, in whichever order it was written", () => {
    expect(fingerprintOf(work)).toMatch(/^[0-9a-f]{64}$/);
    expect(fingerprintOf({ ...work, payload: { b: [1, 2], a: 1 }, variables: { y: "2", x: 1 } })).toBe(
      fingerprintOf(work),
    );
  });

  test("is another for another payload, agent, project or variable", () => {
    const others = [
      work,
      { ...work, payload: null },
      { ...work, payload: { a: 1, b: [2, 1] } },
      { ...work, agentId: "b" },
      { ...work, projectId: "a" },
      { ...work, variables: { x: "1", y: "2" } },
      { ...work, variables: { x: 1 } },
    ];
    expect(new Set(others.map(fingerprintOf)).size).toBe(others.length);
  });
});
