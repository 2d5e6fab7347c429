import { mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import type { TextFile } from "../../../../main/contract/shell.ts";
import type { Clock } from "../../../../main/instance/clock.ts";
import { isPrivate } from "../../../fixtures/private.ts";
import { electron, FakeWindow } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { createCommands } = await import("../../../../main/hosts/electron/commands.ts");
const { windowShell } = await import("../../../../main/hosts/electron/window-shell.ts");

let directory: string;
let nowMs = 0;
const clock: Clock = { now: () => new Date(0), monotonicMs: () => nowMs, after: () => () => undefined };
const shell = windowShell(new FakeWindow({}) as never, createCommands(clock), () => undefined);
beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-shell-"));
});
afterEach(() => rm(directory, { recursive: true, force: true }));

const file: TextFile = {
  name: "nightly-1.log",
  read: async function* () {
    yield "one\n";
    yield "two\n";
  },
};
const chosen = (filePath: string, canceled = false) =>
  electron.dialog.showSaveDialog.mockResolvedValueOnce({ canceled, filePath });

test("a log is written where the operator says, readable by the operator alone", async () => {
  const target = path.join(directory, "my log.txt");
  chosen(target);
  expect(await shell.saveText(file)).toEqual({ outcome: "saved", name: "my log.txt" });
  expect(await readFile(target, "utf8")).toBe("one\ntwo\n");
  expect(await isPrivate(target)).toBe(true);
  expect(electron.dialog.showSaveDialog.mock.calls[0]?.[1]).toMatchObject({ defaultPath: "nightly-1.log" });
  chosen("", true);
  expect(await shell.saveText(file)).toEqual({ outcome: "cancelled" });
});

test("a log that breaks off replaces nothing and leaves nothing", async () => {
  const target = path.join(directory, "kept.log");
  await writeFile(target, "before");
  chosen(target);
  const broken: TextFile = {
    name: "x.log",
    read: async function* () {
      yield "one\n";
      throw new Error("gone");
    },
  };
  await expect(shell.saveText(broken)).rejects.toThrow("gone");
  expect(await readdir(directory)).toEqual(["kept.log"]);
  expect(await readFile(target, "utf8")).toBe("before");
});

test("a place that cannot be written is refused with the reason", async () => {
  await writeFile(path.join(directory, "file"), "");
  chosen(path.join(directory, "file", "log.txt"));
  await expect(shell.saveText(file)).rejects.toMatchObject({ code: "instance_permissions" });
});

test("a folder that the desktop does not open is refused, and said where it is", async () => {
  electron.shell.openPath.mockResolvedValueOnce("").mockResolvedValueOnce("no application");
  await shell.openFolder?.(directory);
  await expect(shell.openFolder?.(directory)).rejects.toMatchObject({
    code: "not_available",
    message: expect.stringContaining("no application"),
    data: { next: expect.stringContaining(directory) },
  });
});

test("what is picked before the panel listens waits for it; the newest pick stands", () => {
  const commands = createCommands(clock);
  commands.send({ command: "palette" });
  commands.send({ command: "go", to: "/runs" });
  const heard: unknown[] = [];
  const leave = commands.onCommand((command) => heard.push(command));
  commands.send({ command: "palette" });
  leave();
  commands.send({ command: "go", to: "/" });
  expect(heard).toEqual([{ command: "go", to: "/runs" }, { command: "palette" }]);
});

test("a pick that nobody took is forgotten after a moment", () => {
  const commands = createCommands(clock);
  const heard: unknown[] = [];
  commands.send({ command: "palette" });
  nowMs += 15_000;
  commands.onCommand((command) => heard.push(command));
  expect(heard).toEqual([]);
});

test("a copy of a backup is written where the operator says, and a backup from elsewhere is chosen in a dialog", async () => {
  const name = "paperclip-20260307T090000000Z-full.tar.age";
  const target = path.join(directory, "copy.age");
  chosen(target);
  const bytes = Buffer.from([0, 255, 1, 254]);
  const backup = {
    name,
    bytes: bytes.length,
    read: async function* () {
      yield bytes;
    },
  };
  expect(await shell.saveBackup(backup)).toEqual({ outcome: "saved", name: "copy.age" });
  expect((await readFile(target)).equals(bytes)).toBe(true);
  expect(await isPrivate(target)).toBe(true);
  expect(electron.dialog.showSaveDialog.mock.calls.at(-1)?.[1]).toMatchObject({ defaultPath: name });
  chosen("", true);
  expect(await shell.saveBackup(backup)).toEqual({ outcome: "cancelled" });

  if (shell.incoming.way !== "dialog") throw new Error("the window has a dialog");
  electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: false, filePaths: [target] });
  expect(await shell.incoming.choose()).toBe(target);
  expect(electron.dialog.showOpenDialog.mock.calls[0]?.[1]).toMatchObject({ properties: ["openFile"] });
  electron.dialog.showOpenDialog.mockResolvedValueOnce({ canceled: true, filePaths: [] });
  expect(await shell.incoming.choose()).toBeNull();
});
