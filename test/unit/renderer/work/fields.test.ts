import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { Env } from "../../../../preload/contract/environment.ts";
import {
  changedNames,
  envFields,
  envOfFields,
  mergeFields,
  withEnv,
  withFields,
} from "../../../../renderer/features/work/fields.ts";
import type { Fields } from "../../../../renderer/features/work/fields.ts";

const base = { name: "triage", passThrough: "", "env.A": '["1"]' };

describe("two changes of one record", () => {
  test("what one side changed is taken from that side", () => {
    const mine = { ...base, name: "sweeper" };
    const theirs = { ...base, passThrough: "SSH_AUTH_SOCK", "env.B": '["2"]' };
    expect(mergeFields(base, mine, theirs)).toEqual({
      merged: { ...theirs, name: "sweeper" },
      conflicts: [],
      taken: ["passThrough", "env.B"],
    });
  });

  test("what both changed in the same way is no conflict", () => {
    const both = { ...base, name: "sweeper" };
    expect(mergeFields(base, both, both)).toEqual({ merged: both, conflicts: [], taken: [] });
  });

  test("what both changed in different ways stays as it is here and is asked about", () => {
    const merge = mergeFields(base, { ...base, name: "mine" }, { ...base, name: "theirs" });
    expect(merge.merged["name"]).toBe("mine");
    expect(merge.conflicts).toEqual([{ name: "name", mine: "mine", theirs: "theirs" }]);
    expect(merge.taken).toEqual([]);
  });

  test("a field that one side removed and the other changed is a conflict", () => {
    const { "env.A": _, ...without } = base;
    expect(mergeFields(base, without, { ...base, "env.A": '["9"]' }).conflicts).toEqual([
      { name: "env.A", mine: undefined, theirs: '["9"]' },
    ]);
  });

  test("a field that only the other side removed goes", () => {
    const { "env.A": _, ...without } = base;
    expect(mergeFields(base, base, without).merged).toEqual(without);
  });

  const fields = fc.dictionary(fc.constantFrom("a", "b", "__proto__", "constructor"), fc.constantFrom("", "1", "2"), {
    noNullPrototype: true,
  });
  test("one side's changes alone come out as they went in", () => {
    fc.assert(
      fc.property(fields, fields, (before: Fields, after: Fields) => {
        expect(changedNames(mergeFields(before, before, after).merged, after)).toEqual([]);
        expect(changedNames(mergeFields(before, after, before).merged, after)).toEqual([]);
      }),
    );
  });

  test("a field is either the other side's, or as it is here; and a conflict wherever both changed it differently", () => {
    fc.assert(
      fc.property(fields, fields, fields, (before: Fields, mine: Fields, theirs: Fields) => {
        const { merged, conflicts, taken } = mergeFields(before, mine, theirs);
        expect(changedNames(merged, mine).toSorted()).toEqual(taken.toSorted());
        const both = changedNames(before, mine).filter((name) => changedNames(before, theirs).includes(name));
        expect(conflicts.map(({ name }) => name).toSorted()).toEqual(
          both.filter((name) => changedNames(mine, theirs).includes(name)).toSorted(),
        );
      }),
    );
  });
});

test("an undefined change leaves its field out", () => {
  expect(withFields(base, { name: undefined, passThrough: "A" })).toEqual({ passThrough: "A", "env.A": '["1"]' });
});

describe("an env as fields", () => {
  const env: Env = {
    PLAIN: { type: "plain", value: 'a "b"\nc' },
    TOKEN: { type: "secret_ref", secretId: "40000000-0000-4000-8000-000000000001", version: "latest" },
    PINNED: { type: "secret_ref", secretId: "40000000-0000-4000-8000-000000000002", version: 3 },
  };

  test("comes back the same", () => {
    expect(envOfFields(envFields(env))).toEqual(env);
  });

  test("is the same whatever the order of its keys", () => {
    const other = Object.fromEntries(Object.entries(env).toReversed());
    expect(changedNames(envFields(env), envFields(other))).toEqual([]);
  });

  test("replaces the one before and leaves the other fields", () => {
    expect(withEnv(base, {})).toEqual({ name: "triage", passThrough: "" });
  });
});
