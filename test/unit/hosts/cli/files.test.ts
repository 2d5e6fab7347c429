import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { readConfigFile, readEnvFile } from "../../../../main/hosts/cli/definitions.ts";
import { readObjectFile } from "../../../../main/hosts/cli/files.ts";
import { readRoutine } from "../../../../main/hosts/cli/routine-definition.ts";

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-files-"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

async function file(name: string, text: string | Buffer): Promise<string> {
  const where = path.join(directory, name);
  await writeFile(where, text);
  return where;
}

test("JSON and YAML hold the same", async () => {
  const wanted = { title: "Triage", env: { A: "1", B: { type: "secret_ref", secret: "gh", version: "latest" } } };
  const yaml = "title: Triage\nenv:\n  A: '1'\n  B: {type: secret_ref, secret: gh, version: latest}\n";
  expect(await readObjectFile(await file("a.json", JSON.stringify(wanted)))).toEqual(wanted);
  expect(await readObjectFile(await file("a.yaml", yaml))).toEqual(wanted);
});

test.each([
  ["broken.json", '{\n  "a": 1,\n  "b": \n}', "line 4"],
  ["broken.yaml", "a: 1\nb: [1, 2\nc: 3\n", "line "],
  ["twice.yaml", "a: 1\na: 2\n", "line 2"],
  ["list.json", "[1]", "does not hold an object"],
  ["empty.yaml", "", "does not hold an object"],
  ["prototype.json", '{"env": {"__proto__": "x"}}', "__proto__"],
  ["prototype.yaml", "env:\n  __proto__: x\n", "__proto__"],
])("%s is refused, and the error names file and place", async (name, text, place) => {
  const where = await file(name, text);
  await expect(readObjectFile(where)).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(new RegExp(`${name}.*${place}`)),
  });
});

test("what is not text or not there is refused", async () => {
  await expect(readObjectFile(path.join(directory, "none.json"))).rejects.toMatchObject({
    code: "invalid_input",
    message: expect.stringMatching(/none\.json cannot be read: it is not there\.$/),
  });
  await expect(readObjectFile(directory)).rejects.toThrow(/it is a directory\.$/);
  const binary = await file("binary.yaml", Buffer.from([0xff, 0xfe, 0x00]));
  await expect(readObjectFile(binary)).rejects.toMatchObject({ message: expect.stringContaining("UTF-8") });
});

test("an env and a configuration are checked before an instance is opened, and the field is named", async () => {
  const env = await file("env.json", '{"A": "plain", "B": {"type": "secret_ref", "secret": "gh"}}');
  expect(await readEnvFile(env)).toEqual({ A: "plain", B: { type: "secret_ref", secret: "gh" } });
  expect(await readEnvFile(undefined)).toBeUndefined();
  const wrong = await file("wrong-env.json", '{"A": 1}');
  await expect(readEnvFile(wrong)).rejects.toMatchObject({
    message: expect.stringContaining("wrong-env.json: A: "),
    data: { fields: { A: expect.any(String) } },
  });
  expect(await readConfigFile(await file("c.json", '{"command": ["claude", "-p"]}'))).toEqual({
    command: ["claude", "-p"],
  });
});

test("a routine comes from a file, from options, or from both, and options win", async () => {
  const where = await file("routine.yaml", "title: A\ninstructions: do\nagent: coder\ntriggers: []\n");
  expect(await readRoutine({ file: where, title: "B", concurrency: "skip_if_active" })).toEqual({
    title: "B",
    instructions: "do",
    agent: "coder",
    triggers: [],
    concurrencyPolicy: "skip_if_active",
  });
  const text = await file("text.md", "Say hello.\n");
  expect(await readRoutine({ title: "A", instructionsFile: text })).toEqual({
    title: "A",
    instructions: "Say hello.\n",
  });
});

test("a routine file with an unknown field or half a trigger is refused", async () => {
  const unknown = await file("unknown.yaml", "title: A\ncommand: rm\n");
  await expect(readRoutine({ file: unknown })).rejects.toThrow(/unknown\.yaml: command: is not known there\.$/);
  const triggers = await file("triggers.yaml", "title: A\ntriggers: [{kind: schedule}]\n");
  await expect(readRoutine({ file: triggers })).rejects.toThrow(/triggers/);
});
