import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Refusal } from "../../../../main/contract/refusal.ts";
import { connectToOwner } from "../../../../main/hosts/control/client.ts";
import { listenForControl } from "../../../../main/hosts/control/server.ts";
import { Interrupted } from "../../../../main/hosts/cli/errors.ts";
import { acquireOwnership, findOwner } from "../../../../main/instance/lock.ts";
import { instancePaths } from "../../../../main/instance/paths.ts";
import { commandLine } from "../../../fixtures/command-line.ts";
import { smallPlane } from "../../../fixtures/small-plane.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "pcd cli ü "));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const paths = () => instancePaths({ home }, {});
const run = (argv: string[], choice: Parameters<typeof commandLine>[1] = {}) =>
  commandLine([...argv, "--home", home], { openControlPlane: smallPlane(), ...choice });

/** Something that is asked for later: a promise with its own switch. */
function gate() {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open: () => open(), opened };
}

test("a command opens the instance when none runs, answers as JSON or as a table, and leaves it", async () => {
  const json = await run(["companies", "list", "--json"]);
  expect(json).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(json.stdout)).toMatchObject({ companies: [{ name: "Acme" }] });
  const table = await run(["companies", "list"], { terminal: true, env: { NO_COLOR: "1" } });
  expect(table.stdout).toMatch(/^NAME {2}PREFIX {2}CREATED .*\nAcme {2}ACME /);
  expect(await findOwner(paths())).toEqual({ state: "none" });
});

test("a refusal is one line and the next step, or one object with --json, and exit 1", async () => {
  const people = await run(["companies", "show", "nobody"]);
  expect(people).toEqual({
    exitCode: 1,
    stdout: "",
    stderr: 'error: There is no company "nobody".\nnext: List them.\n',
  });
  const scripts = await run(["--json", "companies", "show", "nobody"]);
  expect(scripts).toMatchObject({ exitCode: 1, stdout: "" });
  expect(JSON.parse(scripts.stderr)).toEqual({
    error: { code: "company_missing", message: 'There is no company "nobody".', next: "List them." },
  });
});

test("the company of the command line reaches the call, also by --company-id and in `call`", async () => {
  for (const argv of [
    ["routines", "list", "--company", "ACME"],
    ["--company-id", "ACME", "routines", "list"],
    ["call", "routines.list", "--company", "ACME"],
  ]) {
    expect((await run(argv)).stderr).toContain("Asked for ACME.");
  }
  expect((await run(["call", "routines.list", "--company", "A", "--input", '{"company":"B"}'])).stderr).toContain(
    "for B.",
  );
});

test("a run that is waited for ends the command with its outcome", async () => {
  const good = await run(["routines", "run", "x", "--wait", "--json"]);
  expect(good).toMatchObject({ exitCode: 0, stderr: "" });
  expect(JSON.parse(good.stdout)).toMatchObject({ status: "succeeded", manifest: [{ key: "GH_TOKEN", version: 4 }] });

  const failure = {
    code: "secret_inactive",
    message: 'GH_TOKEN: the secret "gh" is disabled.',
    next: "Enable it.",
    layer: "routine",
    key: "GH_TOKEN",
    secretKey: "gh",
  };
  const openControlPlane = smallPlane({ outcome: { status: "failed", exitCode: null, failure } });
  const bad = await run(["routines", "run", "x", "--wait", "--json"], { openControlPlane });
  expect(bad.exitCode).toBe(1);
  expect(JSON.parse(bad.stdout)).toMatchObject({ status: "failed", failure });
  expect(JSON.parse(bad.stderr)).toMatchObject({
    error: { code: "secret_inactive", next: "Enable it.", details: { key: "GH_TOKEN", layer: "routine" } },
  });
  const people = await run(["routines", "run", "x", "--wait"], { openControlPlane });
  expect(people.stdout).toMatch(/^Nightly triage {2}✕ failed .*\nwhy: {2}GH_TOKEN: .*\nnext: Enable it\.\n/);
  expect(people.stderr).toContain("next: Enable it.");
});

test("--follow shows the log on standard output, and with --json on standard error", async () => {
  const people = await run(["routines", "run", "x", "--follow"]);
  expect(people.stdout).toMatch(/^hello\nNightly triage/);
  const scripts = await run(["routines", "run", "x", "--follow", "--json"]);
  expect(scripts.stderr).toBe("hello\n");
  expect(JSON.parse(scripts.stdout)).toMatchObject({ status: "succeeded" });
  const logs = await run(["runs", "logs", "x", "--follow", "--json"]);
  expect(JSON.parse(logs.stdout)).toMatchObject({ lines: [{ stream: "stdout", text: "hello" }] });
  expect((await run(["runs", "logs", "x", "--follow"])).stdout).toBe("hello\n");
});

test("a stream that is called prints lines of JSON, or one array with --json", async () => {
  const lines = await run(["call", "system.changes"]);
  expect(
    lines.stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line).topic),
  ).toEqual(["runs", "agents"]);
  const array = await run(["call", "system.changes", "--json"]);
  expect(JSON.parse(array.stdout)).toHaveLength(2);
});

test("an owner by command stays until the run it was asked for is over, and says so", async () => {
  const over = gate();
  const closed: string[] = [];
  const openControlPlane = smallPlane({ idle: () => over.opened, onClose: () => closed.push("closed") });
  const pending = run(["routines", "run", "x"], { openControlPlane });
  await expect.poll(async () => (await findOwner(paths(), { waitMs: 0 })).state).toBe("live");
  expect(closed).toEqual([]);
  over.open();
  const { exitCode, stderr } = await pending;
  expect({ exitCode, closed }).toEqual({ exitCode: 0, closed: ["closed"] });
  expect(stderr).toContain("this command stays until the run is over");
});

test("a second command uses the first as its owner, and the first stays until the second has left", async () => {
  const started = gate();
  const first = run(["companies", "list"], { openControlPlane: smallPlane({ idle: () => started.opened }) });
  await expect.poll(async () => (await findOwner(paths(), { waitMs: 0 })).state).toBe("live");
  const owner = await findOwner(paths());
  if (owner.state !== "live") throw new Error("no owner");
  const connection = await connectToOwner({ socketPath: owner.socketPath, token: null });
  started.open();
  const second = await run(["companies", "list", "--json"], {
    openControlPlane: () => Promise.reject(new Error("the second command must not open the instance")),
  });
  expect(second.exitCode).toBe(0);
  expect((await findOwner(paths())).state).toBe("live");
  await connection.close();
  expect((await first).exitCode).toBe(0);
  expect(await findOwner(paths())).toEqual({ state: "none" });
});

test("commands that start at once all get their answer", async () => {
  const results = await Promise.all(Array.from({ length: 6 }, () => run(["companies", "list", "--json"])));
  expect(results.map(({ exitCode, stderr }) => ({ exitCode, stderr }))).toEqual(
    Array.from({ length: 6 }, () => ({ exitCode: 0, stderr: "" })),
  );
});

test("an interrupted command ends with 130 and leaves the instance in order", async () => {
  const interruption = new AbortController();
  const pending = run(["call", "system.status"], { signal: interruption.signal });
  await expect.poll(async () => (await findOwner(paths(), { waitMs: 0 })).state).toBe("live");
  interruption.abort(new Interrupted("Interrupted.", "SIGINT"));
  expect(await pending).toMatchObject({ exitCode: 130, stdout: "" });
  expect(await findOwner(paths())).toEqual({ state: "none" });
});

test("stop ends the owner and waits until it has left; it is done also when none runs", async () => {
  const none = await run(["stop", "--json"]);
  expect(none).toMatchObject({ exitCode: 0 });
  expect(JSON.parse(none.stdout)).toEqual({ stopped: false });

  const serving = run(["serve", "--port", "0", "--json"]);
  await expect.poll(async () => (await findOwner(paths(), { waitMs: 0 })).state).toBe("live");
  const stopped = await run(["stop", "--json"]);
  expect(JSON.parse(stopped.stdout)).toEqual({ stopped: true });
  expect(await findOwner(paths())).toEqual({ state: "none" });
  const { exitCode, stdout } = await serving;
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toEqual({
    url: expect.stringMatching(/^http:\/\/127\.0\.0\.1:\d+\/#token=[\w-]{43}$/),
    port: expect.any(Number),
  });
});

test("serve waits for a command that has the instance, and refuses beside another serve", async () => {
  const interruption = new AbortController();
  const held = await acquireOwnership(paths(), { kind: "command" });
  const closeSocket = await listenAsOwner(held.socketPath);
  const said: string[] = [];
  const stderr = { write: (text: string) => said.push(text) };
  const serving = run(["serve", "--port", "0"], { signal: interruption.signal, stderr });
  await expect.poll(() => said.join("")).toContain("waiting until it is done");
  await closeSocket();
  await held.release();
  await expect.poll(async () => liveKind()).toBe("serve");

  const open = await run(["open", "--json"]);
  expect(JSON.parse(open.stdout)).toEqual({ url: expect.stringContaining("#token=") });
  const second = await run(["serve", "--port", "0", "--json"]);
  expect(second).toMatchObject({ exitCode: 1, stdout: "" });
  expect(JSON.parse(second.stderr)).toMatchObject({ error: { code: "instance_owned" } });
  interruption.abort(new Interrupted("Terminated.", "SIGTERM"));
  expect((await serving).exitCode).toBe(0);
  expect((await run(["open"])).exitCode).toBe(1);
});

async function liveKind(): Promise<string> {
  const owner = await findOwner(paths(), { waitMs: 0 });
  return owner.state === "live" ? owner.kind : owner.state;
}

async function listenAsOwner(socketPath: string): Promise<() => Promise<void>> {
  const server = await listenForControl({ socketPath, token: null });
  return server.close;
}

test("status tells what it can of an instance that cannot be opened, and exits 0", async () => {
  const refusal = new Refusal("database_foreign", "The database belongs to another program.", { next: "Use another." });
  const openControlPlane = () => Promise.reject(refusal);
  const { exitCode, stdout } = await run(["status", "--json"], { openControlPlane });
  expect(exitCode).toBe(0);
  expect(JSON.parse(stdout)).toMatchObject({
    instance: { id: "default", root: paths().root },
    database: { state: "failed" },
    problems: [{ area: "database", code: "database_foreign", next: "Use another." }],
  });
  expect((await run(["companies", "list"], { openControlPlane })).exitCode).toBe(1);
});
