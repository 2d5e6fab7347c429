import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { PassThrough } from "node:stream";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openControlPlane } from "../../../../main/control-plane.ts";
import type { Blast } from "../../../../preload/contract/blast.ts";
import type { SecretDetail, VersionUse } from "../../../../preload/contract/secrets.ts";
import { commandLine } from "../../../fixtures/command-line.ts";
import { type TestDatabase, testDatabase } from "../../../fixtures/database.ts";

let base: string;
let database: TestDatabase;
beforeAll(async () => {
  base = await realpath(await mkdtemp(path.join(os.tmpdir(), "pcd-cli-versions-")));
  database = await testDatabase();
});
afterAll(async () => {
  await database.close();
  await rm(base, { recursive: true, force: true });
});

function host() {
  const { host: server, port, user, password, database: name } = database.options;
  const url = `postgres://${user}:${password}@/${name}?host=${encodeURIComponent(server ?? "")}&port=${port}`;
  return { openControlPlane, env: { PATH: process.env["PATH"], HOME: base, DATABASE_URL: url, NO_COLOR: "1" } };
}
const run = (argv: string[], input = "") => commandLine([...argv, "--home", base], { ...host(), input });

async function json<Answer>(argv: string[], input = ""): Promise<Answer> {
  const { stdout, stderr } = await run([...argv, "--json"], input);
  expect(stderr).toBe("");
  return JSON.parse(stdout) as Answer;
}

/** The command at a terminal where this is typed. */
async function typing(keys: string, argv: string[]) {
  const stdin = Object.assign(new PassThrough(), { isTTY: true });
  stdin.end(keys);
  return commandLine([...argv, "--home", base], { ...host(), stdin, terminal: true });
}

const states = async () =>
  (await json<SecretDetail>(["secrets", "show", "gh-token"])).versions.map(({ status }) => status).join(" ");

test("what a change stops is shown and asked for at a terminal, and nowhere else", async () => {
  await json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  await json(["secrets", "create", "--key", "gh-token", "--value-stdin"], "first value");
  await json(["secrets", "rotate", "gh-token", "--value-stdin", "--note", "someone left"], "second value");
  await writeFile(path.join(base, "agent.json"), JSON.stringify({ command: ["true"], instructions: "none" }));
  await json([
    "agents",
    "create",
    "--name",
    "a",
    "--adapter",
    "process",
    "--config-file",
    path.join(base, "agent.json"),
  ]);
  for (const version of ["latest", 1]) {
    const env = { TOKEN: { type: "secret_ref", secret: "gh-token", version } };
    const routine = { title: `Reads ${version}`, instructions: "Go.", agent: "a", env };
    await writeFile(path.join(base, "routine.json"), JSON.stringify(routine));
    await json(["routines", "create", "--file", path.join(base, "routine.json")]);
  }

  // Each change says which routines it stops or gives a new value to, and why not the others.
  const before = async (...change: string[]) =>
    (await run(["secrets", "usage", "gh-token", "--before", ...change])).stdout;
  const once = ["--routine", "Reads latest", "--at", "2099-06-01T12:00:00Z", "--zone", "Europe/Berlin"];
  await json(["triggers", "add", ...once]);
  expect((await before("rotate")).replace(/in \d+ y/, "in … y")).toBe(
    [
      "Rotating gh-token gives the new value to 1 routine.",
      "",
      "GETS THE NEW VALUE  KEY    FROM     READS   WHY",
      "Reads latest        TOKEN  routine  latest  v2 → v3",
      "",
      "NOT AFFECTED  KEY    FROM     READS  WHY",
      "Reads 1       TOKEN  routine  v1     pinned, stays at v1",
      "",
      "NEXT FIRINGS OF  WHEN",
      "Reads latest     2099-06-01 14:00 Europe/Berlin (in … y)",
      "",
    ].join("\n"),
  );
  await json(["scheduler", "pause"]);
  const next = (await run(["routines", "next", "Reads latest"])).stdout;
  expect(next).toMatch(/^Schedules and webhooks are paused: no trigger starts it\. .*scheduler resume.*\nLOCAL /);
  expect(await before("rotate")).toContain("Reads latest     none: schedules and webhooks are paused");
  await json(["scheduler", "resume"]);
  expect(await before("disable-version", "--version", "1")).toMatch(
    /^Disabling v1 of gh-token stops 1 routine\.\n\nSTOPS .*\nReads 1 .* refused: version_inactive\n/,
  );
  expect(await before("delete")).toMatch(/^Deleting gh-token stops 2 routines\./);
  const blast = await json<Blast>(["secrets", "usage", "gh-token", "--before", "rollback", "--version", "1"]);
  expect(blast).toMatchObject({ change: "rollback", version: 1, counts: { routines: { getsNewValue: 1 } } });

  // At a terminal: anything but a yes changes nothing.
  for (const keys of ["\n", "n\n", "", "yesterday\n"]) {
    const refused = await typing(keys, ["secrets", "disable", "gh-token", "--version", "2"]);
    expect(refused.exitCode).toBe(1);
    expect(refused.stdout).toMatch(/^Disabling v2 of gh-token stops 1 routine\.\n\nSTOPS [\s\S]*Go on\? \[y\/N\]: $/);
    expect(refused.stderr).toContain("Nothing was changed");
  }
  expect(await states()).toBe("current previous");
  expect((await typing("y\n", ["secrets", "disable", "gh-token", "--version", "2"])).exitCode).toBe(0);
  expect(await states()).toBe("disabled previous");

  // What the change does not stop is not asked about, unless nothing brings it back.
  expect((await typing("", ["secrets", "enable", "gh-token", "--version", "2"])).exitCode).toBe(0);
  expect((await typing("", ["secrets", "rollback", "gh-token", "--version", "1"])).exitCode).toBe(0);
  const final = await typing("no\n", ["secrets", "destroy", "gh-token", "--version", "2"]);
  expect(final).toMatchObject({ exitCode: 1, stdout: expect.stringContaining("This cannot be undone.") });
  expect(final.stdout).toMatch(/^Destroying v2 of gh-token stops nothing\./);

  // --yes, --json and the absence of a terminal go on without a question.
  expect((await typing("", ["secrets", "destroy", "gh-token", "--version", "2", "--yes"])).exitCode).toBe(0);
  expect(await states()).toBe("current destroyed previous");
  const quietly = await typing("", ["secrets", "archive", "gh-token", "--json"]);
  expect(quietly).toMatchObject({ exitCode: 0, stderr: "" });
  expect((await run(["secrets", "disable", "gh-token"])).exitCode).toBe(0);
  expect((await typing("yes\n", ["secrets", "delete", "gh-token"])).stdout).toMatch(/is deleted/);
}, 60_000);

test("the runs of a version stand beside it", async () => {
  await json(["secrets", "create", "--key", "npm-token", "--value-stdin"], "a value");
  const { id } = await json<SecretDetail>(["secrets", "rotate", "npm-token", "--value-stdin"], "another value");
  await database.pool.query(
    `insert into secret_access_events (id, company_id, sequence, secret_id, version, actor_type, consumer_type,
       consumer_id, routine_run_id, outcome)
     select gen_random_uuid(), company_id, 1000 + n, id, 1, 'system', 'routine', 'r', gen_random_uuid(), 'success'
     from company_secrets, generate_series(1, 3) n where id = $1`,
    [id],
  );
  const shown = await json<SecretDetail & { versionUse: VersionUse }>(["secrets", "show", "npm-token"]);
  expect(shown.versionUse).toMatchObject({ versions: [{ version: 1, runs: 3 }], more: false });
  const { stdout } = await run(["secrets", "show", "npm-token"]);
  expect(stdout).toMatch(/VERSION +STATUS +MADE +BY +RUNS +LAST USED/);
  expect(stdout).toMatch(/v2 +● current +now +operator +0 +never/);
  expect(stdout).toMatch(/v1 +○ previous +now +operator +3 +now/);
  expect(stdout).toContain("secrets events npm-token --secret-version N");
}, 60_000);
