import { rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { createRouterClient } from "@orpc/server";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createReceiver } from "../../main/backup/receive.ts";
import type { BackupFile, Shell, TextFile } from "../../main/contract/shell.ts";
import { shellProcedures } from "../../main/shell.ts";
import type { ShellCommand } from "../../preload/contract/shell.ts";
import { silentLog } from "../fixtures/runner.ts";
import { type RunWorld, runWorld } from "../fixtures/runs.ts";

let world: RunWorld;
beforeAll(async () => {
  world = await runWorld();
});
afterAll(() => world.close());

const receiver = () =>
  createReceiver({ directory: world.paths.backups, clock: world.clock, log: silentLog, added: async () => undefined });

function clientWith(shell?: Shell) {
  return createRouterClient(shellProcedures({ ...world, receiver: receiver() }), {
    context: { host: "in-process", reportUnexpected: () => null, ...(shell ? { shell } : {}) },
  });
}

/** A host that notes what it is asked for. */
function notingShell() {
  const files: TextFile[] = [];
  const backups: BackupFile[] = [];
  const chosen: { path: string | null } = { path: null };
  const folders: string[] = [];
  const unsaved: (string | null)[] = [];
  const listeners = new Set<(command: ShellCommand) => void>();
  const shell: Shell = {
    host: "window",
    openFolder: async (folder) => void folders.push(folder),
    onCommand: (listener) => {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    noteUnsaved: (what) => void unsaved.push(what),
    saveText: async (file) => {
      files.push(file);
      return { outcome: "saved", name: file.name };
    },
    saveBackup: async (file) => {
      backups.push(file);
      return { outcome: "saved", name: file.name };
    },
    incoming: { way: "dialog", choose: async () => chosen.path },
  };
  const pick = (command: ShellCommand) => listeners.forEach((listener) => listener(command));
  return { shell, files, backups, chosen, folders, unsaved, listeners, pick };
}

async function textOf(file: TextFile | undefined): Promise<string> {
  let text = "";
  for await (const piece of file?.read() ?? []) text += piece;
  return text;
}

test("the command line has no shell, and is told what to do instead", async () => {
  const client = clientWith();
  expect(await client.info()).toEqual({ host: "control", platform: process.platform, canOpenFolder: false });
  await expect(client.openDataFolder()).rejects.toMatchObject({
    code: "not_available",
    data: { next: expect.stringContaining(world.paths.root) },
  });
  await expect(client.saveLog({ run: "0193c7d2" })).rejects.toMatchObject({
    code: "not_available",
    data: { next: expect.stringContaining("runs logs 0193c7d2") },
  });
});

test("a browser opens no folder, and the window opens that of the instance", async () => {
  const { shell, folders } = notingShell();
  const browser = clientWith({ ...shell, host: "browser", openFolder: null });
  expect(await browser.info()).toMatchObject({ host: "browser", canOpenFolder: false });
  await expect(browser.openDataFolder()).rejects.toMatchObject({ code: "not_available" });
  const window = clientWith(shell);
  expect(await window.info()).toMatchObject({ host: "window", canOpenFolder: true });
  expect(await window.openDataFolder()).toEqual({ opened: true });
  expect(folders).toEqual([world.paths.root]);
});

test("what the menu asks for reaches the panel, in order, until it leaves", async () => {
  const { shell, pick, listeners } = notingShell();
  const leave = new AbortController();
  const stream = await clientWith(shell).commands(undefined, { signal: leave.signal });
  const first = stream.next();
  await expect.poll(() => listeners.size).toBe(1);
  pick({ command: "go", to: "/routines/new" });
  pick({ command: "palette" });
  expect(await first).toEqual({ done: false, value: { command: "go", to: "/routines/new" } });
  expect(await stream.next()).toEqual({ done: false, value: { command: "palette" } });
  const last = stream.next();
  leave.abort();
  expect(await last).toMatchObject({ done: true });
  expect(listeners.size).toBe(0);
});

test("what is not saved is noted where the window asks, and means nothing elsewhere", async () => {
  const { shell, unsaved } = notingShell();
  const client = clientWith(shell);
  expect(await client.unsaved({ what: "Nightly triage" })).toEqual({ noted: true });
  expect(await client.unsaved({ what: null })).toEqual({ noted: true });
  expect(unsaved).toEqual(["Nightly triage", null]);
  await expect(client.unsaved({ what: "x".repeat(201) })).rejects.toMatchObject({ code: "invalid_input" });
  expect(await clientWith().unsaved({ what: "Nightly triage" })).toEqual({ noted: true });
});

test("the log of an attempt is saved as lines of time, stream and text, masked as it lies", async () => {
  await world.worker();
  const runId = await world.fire("echo out; echo err >&2", { title: 'Nächtlich: "a/b"\r\n<x>' });
  await world.reaches(runId, "succeeded");
  const { shell, files } = notingShell();
  const client = clientWith(shell);
  const name = `nachtlich-a-b-x-${runId.slice(0, 8)}-1.log`;
  expect(await client.saveLog({ company: world.acme.id, run: runId })).toEqual({ outcome: "saved", name });
  const lines = (await textOf(files[0]))
    .trimEnd()
    .split("\n")
    .toSorted((a, b) => a.slice(25).localeCompare(b.slice(25)));
  expect(lines).toEqual([
    expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z stderr err$/),
    expect.stringMatching(/Z stdout out$/),
  ]);
  await expect(client.saveLog({ company: world.acme.id, run: runId, attempt: 2 })).rejects.toMatchObject({
    code: "log_missing",
  });
  await expect(client.saveLog({ company: world.acme.id, run: "ffffffff" })).rejects.toMatchObject({
    code: "run_missing",
  });
});

test("a log that is longer than one read is saved whole, as it was when it was asked for", async () => {
  await world.worker();
  const runId = await world.fire(
    "i=0; while [ $i -lt 12000 ]; do echo 'a line of some length, number' $i; i=$((i+1)); done",
  );
  await world.reaches(runId, "succeeded");
  const { shell, files } = notingShell();
  await clientWith(shell).saveLog({ company: world.acme.id, run: runId });
  const lines = (await textOf(files[0])).trimEnd().split("\n");
  expect(lines).toHaveLength(12_000);
  expect(lines.at(-1)).toMatch(/number 11999$/);

  // One that is taken away in the middle is no file that merely ends early.
  await clientWith(shell).saveLog({ company: world.acme.id, run: runId });
  const pieces = files[1]?.read()[Symbol.asyncIterator]();
  expect((await pieces?.next())?.value).toMatch(/number 0\n/);
  await rm(world.paths.runLogs, { recursive: true });
  await expect(pieces?.next()).rejects.toMatchObject({ code: "log_missing" });
});

test("a run that has written nothing has no log to be saved", async () => {
  const runId = await world.fire("true", { quietly: true });
  await expect(clientWith(notingShell().shell).saveLog({ company: world.acme.id, run: runId })).rejects.toMatchObject({
    code: "log_missing",
  });
});

test("a backup from elsewhere comes by the dialog of the window, or is announced by a browser", async () => {
  const { shell, chosen, backups } = notingShell();
  expect(await clientWith(shell).addBackup({})).toEqual({ outcome: "cancelled" });
  chosen.path = path.join(world.paths.root, "letter.tar");
  await expect(clientWith(shell).addBackup({})).rejects.toMatchObject({
    message: expect.stringContaining("letter.tar was not read"),
  });
  await writeFile(chosen.path, "no backup");
  await expect(clientWith(shell).addBackup({})).rejects.toMatchObject({
    code: "backup_invalid",
    message: expect.stringMatching(/^letter\.tar is no sound backup/),
  });
  await writeFile(
    chosen.path,
    `age-encryption.org/v1\n-> scrypt ${"a".repeat(22)} 18\n${"b".repeat(43)}\n--- ${"c".repeat(43)}\n`,
  );
  const answer = await clientWith(shell).addBackup({});
  if (answer.outcome !== "added") throw new Error("it is added at once");
  expect(answer.file).toMatch(/^paperclip-\d{8}T\d{9}Z-full-received\.tar\.age$/);
  expect(await clientWith(shell).saveBackup({ file: answer.file })).toEqual({ outcome: "saved", name: answer.file });
  expect(backups).toHaveLength(1);
  await expect(clientWith(shell).saveBackup({ file: "../secrets/master.key" })).rejects.toMatchObject({
    code: "backup_missing",
  });

  const browser = clientWith({ ...shell, incoming: { way: "upload", expect: () => "/files/x" } });
  expect(await browser.addBackup({ file: { name: "a.tar", bytes: 5 } })).toEqual({
    outcome: "upload",
    href: "/files/x",
  });
  await expect(browser.addBackup({})).rejects.toMatchObject({ code: "invalid_input" });
  await expect(browser.addBackup({ file: { name: "a.tar", bytes: 2 ** 50 } })).rejects.toMatchObject({
    message: expect.stringContaining("1 TiB"),
  });
  await expect(clientWith().addBackup({})).rejects.toMatchObject({ code: "not_available" });
  await expect(clientWith().saveBackup({ file: answer.file })).rejects.toMatchObject({ code: "not_available" });
});
