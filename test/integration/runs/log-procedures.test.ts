import { readdirSync, rmSync, writeFileSync } from "node:fs";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FollowEvent, LogLine } from "../../../preload/contract/runs.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { until } from "../../fixtures/runner.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
let client: ReturnType<RunWorld["client"]>;
let company: string;
beforeAll(async () => {
  world = await runWorld();
  client = world.client(await world.worker());
  company = world.acme.id;
});
afterAll(() => world.close());

const ended = (run: string) => client.wait({ company, run });
const textsOf = (events: readonly FollowEvent[]): string[] =>
  events.flatMap((event) => (event.type === "lines" ? event.lines.map((line: LogLine) => line.text) : []));
const follow = async (
  run: string,
  seen: FollowEvent[] = [],
  signal?: AbortSignal,
  fromLine?: number,
): Promise<FollowEvent[]> => {
  const input = { company, run, ...(fromLine === undefined ? {} : { fromLine }) };
  for await (const event of await client.follow(input, signal ? { signal } : {})) seen.push(event);
  return seen;
};
/** The lines of all events as [attempt, number, text]. */
const numbered = (events: readonly FollowEvent[]) =>
  events.flatMap((event) =>
    event.type === "lines" ? event.lines.map(({ text }, index) => [event.attempt, event.first + index, text]) : [],
  );
/** Takes the next steps in a run's life by hand. */
const update = (run: string, set: string) =>
  world.database.pool.query(`update routine_runs set ${set} where id = $1`, [run]);

describe("runs.logLines and runs.logSearch", () => {
  it("answer with lines by number of any attempt, and say whether more may come", async () => {
    const runId = await world.fire('mkfifo "$HOME/go"; for i in $(seq 0 899); do echo line $i; done; cat "$HOME/go"');
    const ask = (from: number, count: number) => client.logLines({ company, run: runId, from, count });
    await until(async () => (await ask(0, 1)).total === 900);
    expect(await ask(898, 5)).toMatchObject({
      total: 900,
      complete: false,
      lines: [
        { number: 898, stream: "stdout", text: "line 898" },
        { number: 899, text: "line 899" },
      ],
    });
    expect(await ask(900, 5)).toMatchObject({ lines: [], total: 900, complete: false });
    expect(await client.logSearch({ company, run: runId, text: "LINE 89" })).toEqual({
      matches: [89, 890, 891, 892, 893, 894, 895, 896, 897, 898, 899],
      more: false,
    });
    writeFileSync(path.join(world.runner.directory, "go"), "released\n");
    await ended(runId);
    expect(await ask(900, 5)).toMatchObject({ lines: [{ number: 900, text: "released" }], total: 901, complete: true });
    expect(await client.logSearch({ company, run: runId, text: "line", limit: 2 })).toEqual({
      matches: [0, 1],
      more: true,
    });
    const { lines } = await client.logs({ company, run: runId });
    const all = (await ask(0, 2_000)).lines;
    expect(all.map(({ at, stream, text }) => ({ at, stream, text }))).toEqual(lines);
    expect(all.map(({ number }) => number)).toEqual([...lines.keys()]);
    const second = client.logLines({ company, run: runId, attempt: 2, from: 0, count: 1 });
    expect(await refusalOf(second)).toMatchObject({ code: "log_missing", message: "The run has no attempt 2." });
  });

  it("answer empty for a run without an attempt, and say whether one may come", async () => {
    const runId = await world.fire("echo spoken");
    await ended(runId);
    await world.database.pool.query("delete from heartbeat_runs where routine_run_id = $1", [runId]);
    const ask = () => client.logLines({ company, run: runId, from: 0, count: 10 });
    expect(await ask()).toEqual({ lines: [], total: 0, complete: true });
    await update(runId, "status = 'held'");
    expect(await ask()).toEqual({ lines: [], total: 0, complete: false });
    expect(await client.logSearch({ company, run: runId, text: "spoken" })).toEqual({ matches: [], more: false });
    await update(runId, "status = 'succeeded'");
    const foreign = client.logLines({ company: world.other.id, run: runId, from: 0, count: 1 });
    expect(await refusalOf(foreign)).toMatchObject({ code: "run_missing" });
  });

  it("refuse a log that was removed, and take one that never was for empty", async () => {
    const quiet = await world.fire("true");
    const spoken = await world.fire("echo spoken");
    await Promise.all([ended(quiet), ended(spoken)]);
    await client.logLines({ company, run: spoken, from: 0, count: 1 });
    for (const day of readdirSync(world.paths.runLogs)) {
      rmSync(path.join(world.paths.runLogs, day), { recursive: true });
    }
    const gone = client.logLines({ company, run: spoken, from: 0, count: 1 });
    expect(await refusalOf(gone)).toMatchObject({ code: "log_missing", next: expect.stringContaining("runs show") });
    const search = client.logSearch({ company, run: spoken, text: "spoken" });
    expect(await refusalOf(search)).toMatchObject({ code: "log_missing" });
    expect(await client.logLines({ company, run: quiet, from: 0, count: 1 })).toEqual({
      lines: [],
      total: 0,
      complete: true,
    });
  });
});

describe("runs.follow", () => {
  it("delivers every line once, wherever one comes in", async () => {
    const runId = await world.fire("i=0; while [ $i -lt 3000 ]; do echo $i; i=$((i+1)); done; sleep 0.2; echo last");
    const first = follow(runId);
    const later: Promise<FollowEvent[]>[] = [];
    for (const enough of [1, 500, 2_500]) {
      await until(async () => (await client.logs({ company, run: runId })).lines.length >= enough);
      later.push(follow(runId));
    }
    const expected = [...Array.from({ length: 3_000 }, (_, count) => String(count)), "last"];
    for (const events of await Promise.all([first, ...later])) {
      expect(textsOf(events)).toEqual(expected);
      expect(events.at(-1)).toMatchObject({ type: "end", run: { status: "succeeded" } });
    }
    expect(textsOf(await follow(runId))).toEqual(expected);
  });

  it("waits for a run that is queued, and goes on into its next attempt", async () => {
    const runId = await world.fire(
      'test -e "$HOME/tried" && echo second || { touch "$HOME/tried"; echo first; exit 1; }',
      {
        retry: { maxAttempts: 2, backoffSeconds: 500 },
      },
    );
    const seen: FollowEvent[] = [];
    const following = follow(runId, seen);
    await until(async () => seen.some((event) => event.type === "run" && event.run.notBefore !== null));
    world.clock.advance(501_000);
    await following;
    expect(seen.flatMap((event) => (event.type === "lines" ? [[event.attempt, event.lines[0]?.text]] : []))).toEqual([
      [1, "first"],
      [2, "second"],
    ]);
    expect(seen.at(-1)).toMatchObject({ type: "end", run: { status: "succeeded", attempts: 2 } });
  });

  it("delivers only what comes from a line on, and later attempts whole", async () => {
    const script = 'mkfifo "$HOME/again" 2>&- || { echo second; exit 0; }; seq 0 999; cat "$HOME/again"; exit 1';
    const runId = await world.fire(script, { retry: { maxAttempts: 2, backoffSeconds: 500 } });
    await until(async () => (await client.logLines({ company, run: runId, from: 0, count: 1 })).total === 1_000);
    const late: FollowEvent[] = [];
    const ahead: FollowEvent[] = [];
    const whole: FollowEvent[] = [];
    const following = [
      follow(runId, late, undefined, 997),
      follow(runId, ahead, undefined, 1_001),
      follow(runId, whole, undefined, 0),
    ];
    await until(() => numbered(late).length === 3 && numbered(whole).length === 1_000 && ahead.length > 0);
    writeFileSync(path.join(world.runner.directory, "again"), "1000\n1001\n");
    await until(async () => late.some((event) => event.type === "run" && event.run.notBefore !== null));
    world.clock.advance(501_000);
    await Promise.all(following);
    const first = Array.from({ length: 1_002 }, (_, number) => [1, number, String(number)]);
    expect(numbered(late)).toEqual([...first.slice(997), [2, 0, "second"]]);
    expect(numbered(ahead)).toEqual([...first.slice(1_001), [2, 0, "second"]]);
    expect(numbered(whole)).toEqual([...first, [2, 0, "second"]]);
    expect(numbered(await follow(runId, [], undefined, 1))).toEqual([]);
    expect(numbered(await follow(runId))).toEqual([[2, 0, "second"]]);
  });

  it("ends when its reader leaves", async () => {
    const runId = await world.fire("echo begun; sleep 800");
    const leaving = new AbortController();
    const seen: FollowEvent[] = [];
    const following = follow(runId, seen, leaving.signal).catch(() => seen);
    await until(() => textsOf(seen).includes("begun"));
    leaving.abort();
    await following;
    expect(seen.some((event) => event.type === "end")).toBe(false);
    await client.cancel({ company, run: runId });
    await ended(runId);
  });
});
