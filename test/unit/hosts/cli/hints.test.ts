import { readdir, readFile } from "node:fs/promises";
import path from "node:path";
import { expect, test } from "vitest";
import { commandLine } from "../../../fixtures/command-line.ts";

const MAIN = path.resolve(import.meta.dirname, "../../../../main");

async function sources(): Promise<{ file: string; text: string }[]> {
  // The label of the key derivation begins with the same name, and is no hint.
  const files = (await readdir(MAIN, { recursive: true })).filter(
    (file) => file.endsWith(".ts") && !file.endsWith("master-key.ts"),
  );
  return Promise.all(files.map(async (file) => ({ file, text: await readFile(path.join(MAIN, file), "utf8") })));
}

test("every command that a hint names is there", async () => {
  const named = (await sources()).flatMap(({ text }) =>
    Array.from(text.matchAll(/`paperclip-desktop ([a-z][^`$\\]*)/g)),
  );
  const commands = new Set(named.map(([, words = ""]) => /^[a-z:-]+( [a-z][a-z-]*)*/.exec(words)?.[0] ?? ""));
  expect(commands.size).toBeGreaterThan(15);
  const missing: string[] = [];
  for (const command of commands) {
    const words = command.startsWith("call ") ? ["call"] : command.split(" ");
    const { exitCode, stdout } = await commandLine([...words, "--help"]);
    if (exitCode !== 0 || !stdout.startsWith(`Usage: paperclip-desktop ${words.join(" ")} `)) missing.push(command);
  }
  expect(missing).toEqual([]);
});

test("hints name commands in full, between backticks, so that they can be shown as they are typed", async () => {
  const bare = (await sources()).flatMap(({ file, text }) =>
    [...text.matchAll(/[:`] ?(companies|projects|agents|routines|runs|secrets|call) [a-z.]+( [A-Z$]\S*)?["`]/g)].map(
      ([found]) => `${file}: ${found}`,
    ),
  );
  expect(bare).toEqual([]);
});
