import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { judgeName, RESERVED_NAMES } from "../../../../main/environment/names.ts";
import {
  CHOOSE_SECRET,
  envProblems,
  keyProblem,
  placeholderIn,
  refusedRows,
} from "../../../../renderer/features/environment/env-problems.ts";
import { emptyRow, rowOf } from "../../../../renderer/features/environment/env-rows.ts";

const plain = (key: string, value = "x") => rowOf(key, { type: "plain", value });

describe("problems of an env's lines", () => {
  test("judge a key as the control plane does", () => {
    const names = fc.oneof(
      fc.string(),
      fc.stringMatching(/^[A-Za-z_0-9]{0,6}$/),
      fc.constantFrom(...RESERVED_NAMES, "__proto__", "PAPERCLIP_OWN", "paperclip_run_id"),
    );
    fc.assert(
      fc.property(
        names,
        fc.constantFrom("linux", "win32", "darwin") as fc.Arbitrary<NodeJS.Platform>,
        (name, platform) => {
          expect(keyProblem(name, platform) === null).toBe(judgeName(name, platform) === null);
        },
      ),
    );
  });

  test("name the later of two lines with one key, on Windows whatever the case", () => {
    const [first, second, third] = [plain("A"), plain("A"), plain("a")];
    expect([...envProblems([first, second, third]).keys()]).toEqual([second.id]);
    expect([...envProblems([first, second, third], "win32").keys()]).toEqual([second.id, third.id]);
  });

  test("say nothing of blank lines, and all of what cannot be saved", () => {
    const nameless = plain("");
    const unchosen = { ...emptyRow(), key: "T", kind: "secret" as const };
    const [nul, half, long] = [plain("N", "a\0b"), plain("H", "\ud800"), plain("L", "é".repeat(32 * 1024 + 1))];
    const problems = envProblems([emptyRow(), nameless, unchosen, nul, half, long, plain("OK", "é".repeat(32 * 1024))]);
    expect([...problems.keys()]).toEqual([nameless, unchosen, nul, half, long].map(({ id }) => id));
    expect(problems.get(unchosen.id)).toBe(CHOOSE_SECRET);
  });

  test("stop at 500 keys", () => {
    const rows = Array.from({ length: 501 }, (_, index) => plain(`K${index}`));
    expect([...envProblems(rows).keys()]).toEqual([rows[500]?.id]);
  });

  test("find the line that the control plane refused", () => {
    const [token, other] = [plain("GH_TOKEN"), plain("GH")];
    const refused = refusedRows([token, other], { "env.GH_TOKEN": "the secret is deleted.", title: "no" });
    expect([...refused]).toEqual([[token.id, "the secret is deleted."]]);
    expect(refusedRows([other], { "env.GH.secretId": "too long" }).get(other.id)).toBe("too long");
    expect(refusedRows([token], undefined).size).toBe(0);
  });
});

describe("a placeholder in a plain value", () => {
  test.each([
    ["{{region}}", "{{region}}"],
    ["https://{{ host }}/{{path}}", "{{ host }}"],
  ])("is named: %s", (value, placeholder) => {
    expect(placeholderIn(value)).toBe(placeholder);
  });

  test.each(["", "region", "{region}", "{{}}", "{{1st}}", "${REGION}", '{"a":{"b":1}}'])("is none: %s", (value) => {
    expect(placeholderIn(value)).toBeNull();
  });
});
