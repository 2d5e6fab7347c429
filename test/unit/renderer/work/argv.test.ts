import fc from "fast-check";
import { expect, test } from "vitest";
import { argvText, parseArgv } from "../../../../renderer/features/work/argv.ts";

test.each([
  ["claude -p", ["claude", "-p"]],
  ["  sh   -c  'echo \"a b\"; cat' ", ["sh", "-c", 'echo "a b"; cat']],
  ['say "a \\"quoted\\" word" \'\'', ["say", 'a "quoted" word', ""]],
  ["C:\\tools\\agent.exe run", ["C:\\tools\\agent.exe", "run"]],
  ["my\\ program one", ["my program", "one"]],
  ["a'b'\"c\"", ["abc"]],
  ["", []],
])("%s is read as it is meant", (text, argv) => {
  expect(parseArgv(text)).toEqual({ ok: true, argv });
});

test.each(["sh -c 'cat", 'sh -c "cat'])("%s has an open quote, and it is said", (text) => {
  expect(parseArgv(text)).toEqual({ ok: false, message: expect.stringContaining("quote is not closed") });
});

test("what is written is read back the same", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", " ", "'", '"', "\\", "$", "é", "\n") })), (argv) => {
      expect(parseArgv(argvText(argv))).toEqual({ ok: true, argv });
    }),
  );
});
