import fc from "fast-check";
import { expect, test } from "vitest";
import { Refusal } from "../../../main/contract/refusal.ts";
import { printDefinitions, readDefinitions } from "../../../main/routines/definition-file.ts";
import type { RoutineInput } from "../../../preload/contract/routines.ts";

function refusalIn(work: () => unknown): Refusal {
  try {
    work();
  } catch (error) {
    if (error instanceof Refusal) return error;
    throw error;
  }
  throw new Error("it was not refused");
}

/** Texts that a file could take for something else: numbers, marks of YAML, ends of lines, blanks, scripts, half emoji. */
const awkward = fc.oneof(
  fc.string({ maxLength: 60, unit: "grapheme" }),
  fc.constantFrom(
    "",
    " ",
    "yes",
    "null",
    "~",
    "0x1f",
    "1e3",
    "- a",
    "a: b",
    "# no",
    "'",
    '"',
    "|",
    ">",
    "{{a}}",
    "---",
  ),
  fc
    .array(fc.constantFrom("line", "", "  indented", "trailing  ", "\ttab", "# hash", "---", "\r"), { maxLength: 6 })
    .map((all) => all.join("\n")),
);
const word = fc.stringMatching(/^[A-Za-z][A-Za-z0-9_]{0,12}$/);
const title = fc.stringMatching(/^[A-Za-zäöü:#'"{}[\],&*!|>%@-][A-Za-z0-9äöü :#'"{}[\],-]{0,40}[a-z]$/);
const routine: fc.Arbitrary<RoutineInput> = fc.record(
  {
    title,
    instructions: awkward,
    agent: fc.option(word),
    project: fc.option(word),
    priority: fc.constantFrom("low" as const, "urgent" as const),
    concurrencyPolicy: fc.constantFrom("skip_if_active" as const, "always_enqueue" as const),
    catchUpPolicy: fc.constantFrom("hold" as const, "skip_missed" as const),
    variables: fc.array(
      fc.record(
        { name: word, type: fc.constant("text" as const), required: fc.boolean(), default: awkward },
        { requiredKeys: ["name", "type", "required"] },
      ),
      { maxLength: 3 },
    ),
    env: fc.dictionary(
      word,
      fc.oneof(
        fc.record({ type: fc.constant("plain" as const), value: awkward }),
        fc.record({
          type: fc.constant("secret_ref" as const),
          secret: word,
          version: fc.oneof(fc.constant("latest" as const), fc.integer({ min: 1, max: 9 })),
        }),
      ),
      { maxKeys: 4 },
    ),
    triggers: fc.array(
      fc.oneof(
        fc.record({
          kind: fc.constant("schedule" as const),
          expression: fc.constantFrom("0 9 * * 1-5", "*/5 * * * *", "@daily"),
          zone: fc.constantFrom("UTC", "Europe/Berlin"),
          label: word,
          enabled: fc.boolean(),
          graceSeconds: fc.integer({ min: 5, max: 600 }),
        }),
        fc.record({ kind: fc.constant("once" as const), at: fc.constant("2030-01-01T00:00:00.000Z") }),
      ),
      { maxLength: 3 },
    ),
  },
  { requiredKeys: ["title"], noNullPrototype: true },
);

test.each(["yaml", "json"] as const)("routines come back from %s as they were, from one and from several", (format) => {
  fc.assert(
    fc.property(fc.array(routine, { minLength: 1, maxLength: 3 }), (routines) => {
      const entries = readDefinitions(printDefinitions(routines, format));
      expect(entries.map(({ problems }) => problems.length)).toEqual(routines.map(() => 0));
      expect(entries.map((entry) => entry.routine)).toEqual(routines);
    }),
    { numRuns: 400 },
  );
});

test("JSON that is indented by tabs is read too", () => {
  const text = JSON.stringify({ version: 1, routines: [{ title: "A" }, { title: "B" }] }, null, "\t");
  expect(readDefinitions(text).map(({ title: read, line }) => [read, line])).toEqual([
    ["A", 4],
    ["B", 7],
  ]);
});

test("what is wrong stands in its routine, with its line, and the others are read", () => {
  const entries = readDefinitions(
    [
      "routines:",
      "  - title: Good",
      "  - title: Bad",
      "    priority: soon",
      "    command: rm",
      "  - instructions: x",
    ].join("\n"),
  );
  expect(entries.map(({ title: read, line }) => [read, line])).toEqual([
    ["Good", 2],
    ["Bad", 3],
    ["without a title", 6],
  ]);
  expect(entries[1]?.problems).toEqual([
    expect.stringMatching(/^Line 4: priority /),
    "Line 5: command is not known there.",
  ]);
  expect(entries[2]?.problems).toEqual([expect.stringMatching(/^Line 6: title /)]);
});

test.each([
  ["title: A\nb: [x\n", /line 3/],
  ["title: A\ntitle: B\n", /line 2/],
  ["just words", /does not hold a routine/],
  ["version: 2\nroutines: []\n", /later version/],
  ["routines: []\nother: 1\n", /"other" is not known/],
  ["routines: 5\n", /no list/],
  ["a: &a [x]\nb: [*c]\n", /.+/],
])("%j is refused", (text, message) => {
  expect(refusalIn(() => readDefinitions(text))).toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(message),
  });
});

test("what a file says of a bad line repeats none of it", () => {
  expect(refusalIn(() => readDefinitions("title: A\nenv: {TOKEN: canary-value: x}\n")).message).not.toContain("canary");
  const [entry] = readDefinitions("title: A\nenv:\n  TOKEN: {type: canary-value}\n  OTHER: {type: withheld}\n");
  expect(entry?.problems.join()).not.toContain("canary");
  expect(entry?.withheld).toEqual(["OTHER"]);
});
