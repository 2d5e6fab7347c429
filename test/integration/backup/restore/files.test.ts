import { lstat, readdir, readFile, readlink, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import { instancePaths, type InstancePaths } from "../../../../main/instance/paths.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { openPlane } from "../../../fixtures/plane.ts";
import { fillInstance, LINKS } from "../full-fixtures.ts";

const PASSPHRASE = "correct horse battery staple";

let home: TestHome;
let planes: Set<ControlPlane>;
beforeEach(async () => {
  [home, planes] = [await testHome(), new Set()];
});
afterEach(async () => {
  for (const plane of planes) await plane.close();
  await home.remove();
});

async function open(paths: InstancePaths): Promise<ControlPlane> {
  const plane = await openPlane(home, { paths });
  planes.add(plane);
  return plane;
}

/** A company with a secret, and a routine that says a word into its log. */
async function fill({ client }: ControlPlane, word: string): Promise<void> {
  await client.companies.create({ name: word });
  await client.secrets.create({ key: word, value: `value-of-${word}` });
  const command = ["/bin/sh", "-c", `echo said ${word}`];
  await client.agents.create({ name: "coder", adapter: "process", config: { command, instructions: "none" } });
  await client.routines.create({ routine: { title: "Nightly", agent: "coder" } });
}

async function run({ client }: ControlPlane): Promise<string> {
  const { id } = await client.routines.run({ routine: "Nightly" });
  expect(await client.runs.wait({ run: id, timeoutMs: 30_000 })).toMatchObject({ status: "succeeded" });
  return id;
}

const logOf = async ({ client }: ControlPlane, id: string) => JSON.stringify(await client.runs.logs({ run: id }));
const keysOf = async ({ client }: ControlPlane) => (await client.secrets.list({})).secrets.map(({ key }) => key);

/** All that a restore of everything may replace beside the database: by path, mode and bytes, or where a link points. */
async function standing({ root }: InstancePaths): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  const look = async (name: string): Promise<void> => {
    const place = path.join(root, name);
    const entry = await lstat(place).catch(() => null);
    if (entry === null) return;
    const mode = (entry.mode & 0o777).toString(8);
    if (entry.isSymbolicLink()) found[name] = `link to ${await readlink(place)}`;
    else if (entry.isFile()) found[name] = `${mode} ${await readFile(place, "base64")}`;
    else for (const below of await readdir(place)) await look(path.join(name, below));
  };
  for (const name of ["workspaces", "data/storage", "logs/runs", "config.json", ".env", "secrets/master.key"]) {
    await look(name);
  }
  return found;
}

test("logs stay and are shown after a restore; one of everything brings files, settings and key, and its undo those of before to the byte", async () => {
  const elsewhere = instancePaths({ home: path.join(home.base, "other"), id: "test" }, {});
  await fillInstance(elsewhere);
  const other = await open(elsewhere);
  await fill(other, "theirs");
  const theirRun = await run(other);
  const { path: full } = await other.client.backups.takeFull({ passphrase: PASSPHRASE });
  const theirs = await standing(elsewhere);
  planes.delete(other);
  await other.close();

  const { paths } = home;
  await fillInstance(paths);
  const [link = ""] = Object.keys(LINKS);
  await rm(path.join(paths.root, link));
  await symlink("../only-here", path.join(paths.root, link));
  await writeFile(path.join(paths.root, "workspaces", "mine.txt"), "mine", { mode: 0o640 });
  await writeFile(paths.envFile, "EXAMPLE=mine\n", { mode: 0o600 });
  const plane = await open(paths);
  await fill(plane, "ours");
  const known = await run(plane);
  const { path: file } = await plane.client.backups.take({});
  await run(plane);
  const logs = await readdir(paths.runLogs, { recursive: true });

  // Of the database alone: every log is where it was, also that of a run which has no row any more.
  const ofDatabase = await plane.client.restore.start({ file });
  expect(ofDatabase.kept?.replaced).toEqual(["database"]);
  const { problems } = await plane.client.system.status();
  expect(problems.map(({ message }) => message).join("\n")).toContain("was restored (the database alone)");
  expect(await readdir(paths.runLogs, { recursive: true })).toEqual(logs);
  expect(await logOf(plane, known)).toContain("said ours");
  const { runs } = await plane.client.runs.list({});
  expect(runs.map(({ id }) => id)).toEqual([known]);
  const ours = await standing(paths);
  expect(Object.keys(ours).filter((name) => name.startsWith("logs/runs")).length).toBeGreaterThan(1);

  // Of everything, from another machine.
  const replaced = ["database", "key", "settings", "files"];
  expect(await plane.client.restore.start({ file: full, passphrase: PASSPHRASE })).toMatchObject({
    opens: true,
    kept: { replaced },
  });
  expect((await plane.client.restore.state()).kept.map((one) => one.replaced)).toEqual([replaced, ["database"]]);
  expect(await keysOf(plane)).toEqual(["theirs"]);
  expect(await logOf(plane, theirRun)).toContain("said theirs");
  const { "config.json": settings = "", ...files } = await standing(paths);
  const { "config.json": _, ...expected } = theirs;
  expect(files).toEqual(expected);
  const text = Buffer.from(settings.split(" ")[1] ?? "", "base64").toString();
  expect(JSON.parse(text)).toMatchObject({ runs: { concurrency: 2 } });

  expect(await plane.client.restore.undo({})).toMatchObject({ opens: true, kept: { replaced } });
  expect(await standing(paths)).toEqual(ours);
  expect(await keysOf(plane)).toEqual(["ours"]);
  expect(await logOf(plane, known)).toContain("said ours");
});
