import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PassThrough, Readable } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { Interrupted, UsageError } from "../../../../main/hosts/cli/errors.ts";
import { readCode, readValue } from "../../../../main/hosts/cli/values.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-values-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

const silent = { write: () => undefined };
const sources = (stdin: (string | Buffer)[], env: NodeJS.ProcessEnv = {}) => ({
  stdin: Readable.from(stdin),
  stderr: silent,
  env,
});

/** A terminal at which `keys` are typed. */
function terminal(keys: string) {
  const shown: string[] = [];
  const stdin = Object.assign(new PassThrough(), { isTTY: true, setRawMode: () => undefined });
  stdin.write(keys);
  return { shown, sources: { stdin, stderr: { write: (text: string) => shown.push(text) }, env: {} } };
}

test("a value is taken to the byte, from each source", async () => {
  const value = "\uFEFF pa\nß wörd \n\n";
  const file = path.join(directory, "value");
  await writeFile(file, value);
  expect(await readValue({ valueFile: file }, sources([]))).toBe(value);
  expect(await readValue({ valueEnv: "V" }, sources([], { V: value }))).toBe(value);
  const bytes = Buffer.from(value);
  expect(await readValue({ valueStdin: true }, sources([bytes.subarray(0, 1), bytes.subarray(1)]))).toBe(value);
});

test("exactly one source is wanted", async () => {
  await expect(readValue({}, sources([]))).rejects.toThrow(UsageError);
  await expect(readValue({ valueStdin: true, valueEnv: "V" }, sources([]))).rejects.toThrow(UsageError);
});

test.each([
  ["bytes that are no UTF-8", { valueStdin: true }, [Buffer.from([0x61, 0xff, 0xfe])]],
  ["half a letter at the end", { valueStdin: true }, [Buffer.from("ß").subarray(0, 1)]],
  ["too many bytes", { valueStdin: true }, [Buffer.alloc(200_000), Buffer.alloc(100_000)]],
  ["a file that is not there", { valueFile: "/nowhere/at/all" }, []],
  ["a variable that is not set", { valueEnv: "NOT_SET" }, []],
])("%s are refused", async (_what, options, stdin) => {
  await expect(readValue(options, sources(stdin))).rejects.toMatchObject({ code: "secret_value_invalid" });
});

test("a refusal never repeats what was read", async () => {
  const canary = "canary-5f1d";
  const error: unknown = await readValue(
    { valueStdin: true },
    sources([Buffer.concat([Buffer.from(canary), Buffer.from([0xff])])]),
  ).catch((error: unknown) => error);
  expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain(canary);
});

test("a terminal is asked for a value, and does not show it", async () => {
  const { shown, sources } = terminal("canary-5\u007F51\r");
  expect(await readValue({ valueStdin: true }, sources)).toBe("canary-51");
  expect(shown.join("")).toMatch(/^The value .*\n$/);
  expect(shown.join("")).not.toContain("canary");
});

test("several pasted lines are refused, and Ctrl-C interrupts", async () => {
  const pasted = readValue({ valueStdin: true }, terminal("-----BEGIN\rabc\r-----END").sources);
  await expect(pasted).rejects.toMatchObject({
    code: "secret_value_invalid",
    message: expect.stringContaining("line"),
  });
  await expect(readValue({ valueStdin: true }, terminal("abc\u0003").sources)).rejects.toThrow(Interrupted);
  await expect(readValue({ valueStdin: true }, terminal("\u0004").sources)).rejects.toThrow("No value was typed.");
});

test("a recovery code comes from the same sources; a terminal is asked for it where none is named", async () => {
  const file = path.join(directory, "code");
  await writeFile(file, "code-1\n");
  expect(await readCode({ codeFile: file }, sources([]))).toBe("code-1\n");
  expect(await readCode({ codeEnv: "C" }, sources([], { C: "code-1" }))).toBe("code-1");
  expect(await readCode({ codeStdin: true }, sources(["code-1"]))).toBe("code-1");
  const { shown, sources: typed } = terminal("code-1\r");
  expect(await readCode({}, typed)).toBe("code-1");
  expect(shown.join("")).toMatch(/^The recovery code .*\n$/);
  await expect(readCode({}, sources(["code-1"]))).rejects.toThrow(UsageError);
  await expect(readCode({ codeStdin: true, codeFile: file }, sources([]))).rejects.toThrow(UsageError);
  await expect(readCode({ codeEnv: "NOT_SET" }, sources([]))).rejects.toMatchObject({
    code: "recovery_code_invalid",
    data: { fields: { code: expect.stringContaining("NOT_SET") } },
  });
});
