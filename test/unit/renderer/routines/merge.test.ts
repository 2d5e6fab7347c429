import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { changedFields, fieldsOf, sameField } from "../../../../renderer/features/routines/draft.ts";
import type { RoutineDraft } from "../../../../renderer/features/routines/draft.ts";
import { mergeRoutine } from "../../../../renderer/features/routines/merge.ts";
import { aDraft, drafts } from "./fixtures.ts";

const plain = (value: string) => ({ type: "plain" as const, value });
const variable = (name: string, preset: string) => ({ name, type: "text" as const, required: true, default: preset });

describe("a merge of two changes of a routine", () => {
  const base = aDraft({ env: { LOG_LEVEL: plain("info"), REGION: plain("eu") } });

  test("takes in what the other side alone changed, and keeps what this side changed", () => {
    const mine = { ...base, title: "Weekly", env: { ...base.env, LOG_LEVEL: plain("debug") } };
    const theirs = { ...base, priority: "high" as const, env: { LOG_LEVEL: plain("info"), NEW: plain("1") } };
    const { merged, conflicts, taken } = mergeRoutine(base, mine, theirs);
    expect(conflicts).toEqual([]);
    expect(merged).toMatchObject({ title: "Weekly", priority: "high" });
    expect(merged.env).toEqual({ LOG_LEVEL: plain("debug"), NEW: plain("1") });
    expect(taken.toSorted()).toEqual(["env.NEW", "env.REGION", "priority"]);
  });

  test("asks where both changed the same key, and does as decided", () => {
    const mine = { ...base, env: { ...base.env, LOG_LEVEL: plain("debug") } };
    const theirs = { ...base, env: { REGION: plain("eu") } };
    const { merged, conflicts } = mergeRoutine(base, mine, theirs);
    expect(conflicts).toEqual([{ name: "env.LOG_LEVEL", mine: plain("debug"), theirs: undefined }]);
    expect(merged.env["LOG_LEVEL"]).toEqual(plain("debug"));
    const decided = mergeRoutine(base, mine, theirs, new Map([["env.LOG_LEVEL", "theirs"]]));
    expect(decided.merged.env).toEqual({ REGION: plain("eu") });
  });

  test("merges instructions by lines where the changes are apart", () => {
    const mine = { ...base, instructions: "Look closely.\nSay what is new.\nFile the rest." };
    const theirs = { ...base, instructions: "Look.\nSay what is new.\nFile the rest away." };
    expect(mergeRoutine(base, mine, theirs)).toMatchObject({
      merged: { instructions: "Look closely.\nSay what is new.\nFile the rest away." },
      conflicts: [],
      taken: ["instructions"],
    });
  });

  test("keeps the definition of a placeholder that one side moved while the other changed it", () => {
    const withVariable = {
      ...base,
      instructions: "Look at {{what}}.\n\nThen stop.",
      variables: [variable("what", "a")],
    };
    const mine = { ...withVariable, instructions: "Look at all.\n\nThen stop.", variables: [] };
    const theirs = { ...withVariable, instructions: "Look at {{what}}.\n\nThen stop.\nSay {{what}}." };
    const { merged } = mergeRoutine(withVariable, mine, theirs);
    expect(merged.instructions).toBe("Look at all.\n\nThen stop.\nSay {{what}}.");
    expect(merged.variables).toEqual([variable("what", "a")]);
  });

  test("of an unchanged side is the other side", () => {
    fc.assert(
      fc.property(drafts, drafts, (base, changed) => {
        for (const merge of [mergeRoutine(base, base, changed), mergeRoutine(base, changed, base)]) {
          expect(merge.conflicts).toEqual([]);
          expect(changedFields(merge.merged, changed)).toEqual([]);
        }
      }),
    );
  });

  test("of equal changes has no conflict", () => {
    fc.assert(
      fc.property(drafts, drafts, (base, changed) => {
        const { merged, conflicts } = mergeRoutine(base, changed, structuredClone(changed));
        expect(conflicts).toEqual([]);
        expect(changedFields(merged, changed)).toEqual([]);
      }),
    );
  });

  test("loses no change: a field that one side alone changed has that side's value", () => {
    fc.assert(
      fc.property(drafts, drafts, drafts, fc.boolean(), (base, mine, theirs, taking) => {
        const { conflicts } = mergeRoutine(base, mine, theirs);
        const side = taking ? ("theirs" as const) : ("mine" as const);
        const { merged } = mergeRoutine(base, mine, theirs, new Map(conflicts.map(({ name }) => [name, side])));
        const [b, m, t, all] = [fieldsOf(base), fieldsOf(mine), fieldsOf(theirs), fieldsOf(merged)];
        for (const name of new Set([...b.keys(), ...m.keys(), ...t.keys(), ...all.keys()])) {
          const changedMine = !sameField(m.get(name), b.get(name));
          const changedTheirs = !sameField(t.get(name), b.get(name));
          // A variable is there for its placeholder: without one it goes, with one it comes.
          const wanted = expected({ b, m, t }, name, changedMine, changedTheirs, side);
          if (wanted === "merged") continue;
          if (name.startsWith("variables.") && all.has(name) !== (wanted !== undefined)) continue;
          expect([name, all.get(name)]).toEqual([name, wanted]);
        }
      }),
    );
  });

  test("names as conflicts exactly what both changed differently, texts that merge by lines aside", () => {
    fc.assert(
      fc.property(drafts, drafts, drafts, (base, mine, theirs) => {
        const both = changedFields(base, mine)
          .filter((name) => changedFields(base, theirs).includes(name))
          .filter((name) => !sameField(fieldsOf(mine).get(name), fieldsOf(theirs).get(name)));
        const named = mergeRoutine(base, mine, theirs).conflicts.map(({ name }) => name);
        const open = (names: readonly string[]) => names.filter((name) => name !== "instructions").toSorted();
        expect(open(named)).toEqual(open(both));
        expect(both).toEqual(expect.arrayContaining(named));
      }),
    );
  });
});

type Fields = ReturnType<typeof fieldsOf>;

function expected(
  { b, m, t }: { readonly b: Fields; readonly m: Fields; readonly t: Fields },
  name: string,
  changedMine: boolean,
  changedTheirs: boolean,
  side: "mine" | "theirs",
): ReturnType<Fields["get"]> | "merged" {
  if (changedMine && changedTheirs) {
    if (name === "instructions") return "merged";
    return side === "mine" ? m.get(name) : sameField(m.get(name), t.get(name)) ? m.get(name) : t.get(name);
  }
  return changedMine ? m.get(name) : changedTheirs ? t.get(name) : b.get(name);
}

test("a draft that is changed back by hand is as it was", () => {
  const base: RoutineDraft = aDraft({ instructions: "Look at {{what}}.", variables: [variable("what", "a")] });
  const changed = { ...base, instructions: "Look.", env: { A: plain("1") } };
  expect(changedFields(base, changed)).toEqual(["instructions", "variables.what", "env.A"]);
  expect(changedFields(base, { ...changed, instructions: base.instructions, env: {} })).toEqual([]);
});
