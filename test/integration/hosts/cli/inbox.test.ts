import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { commandLine } from "../../../fixtures/command-line.ts";
import { smallPlane } from "../../../fixtures/small-plane.ts";

let home: string;
beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "pcd-inbox-"));
});
afterEach(() => rm(home, { recursive: true, force: true }));

const run = (...argv: string[]) => commandLine([...argv, "--home", home], { openControlPlane: smallPlane() });
/** What a call was asked with: the plane says it as the reason of a refusal. */
async function askedWith(...argv: string[]): Promise<unknown> {
  const { refused } = JSON.parse((await run("--json", ...argv)).stdout) as { refused: { message: string }[] };
  return JSON.parse(refused[0]?.message ?? "null");
}

test("the latest runs unless told otherwise, of one routine or of every one", async () => {
  const at = "2026-03-08T07:00:00.000Z";
  expect(await askedWith("inbox", "run", "Weekly digest")).toEqual({
    routine: "Weekly digest",
    choice: { kind: "latest" },
  });
  expect(await askedWith("inbox", "run", "--every-routine", "--all")).toEqual({ choice: { kind: "all" } });
  expect(await askedWith("inbox", "run", "x", "--slot", "2026-03-08T08:00+01:00")).toMatchObject({
    choice: { kind: "slots", slots: [at] },
  });
});

test("what came of it is said in words, with what is refused and the next step", async () => {
  const { stdout, exitCode } = await run("inbox", "run", "Weekly digest");
  expect(exitCode).toBe(0);
  expect(stdout).toMatch(
    /^≡ coalesced .* for 2026-03-08T07:00:00.000Z\n2 slots skipped\.\n✕ Weekly digest: .*\n {2}next: Look\.\n$/,
  );
  expect((await run("inbox", "skip", "x")).stdout).toBe("Nothing of it is held any more.\n");
  expect((await run("inbox", "list")).stdout).toBe("Nothing is held.\n");
  expect((await run("scheduler", "resume")).stdout).toBe("Schedules and webhooks are on, from now on.\n");
  expect(await run("scheduler", "pause")).toMatchObject({ exitCode: 1, stderr: expect.stringContaining("a replica") });
});

test.each([
  [["inbox", "run"], "--every-routine"],
  [["inbox", "skip", "x", "--every-routine"], "--every-routine"],
  [["inbox", "run", "x", "--latest", "--all"], "only one"],
  [["inbox", "skip", "x", "--slot", "yesterday"], "no instant"],
])("%j is refused before anything is opened", async (argv, said) => {
  const { exitCode, stderr } = await run(...argv);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(said);
});
