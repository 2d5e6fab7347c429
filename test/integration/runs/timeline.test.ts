import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { RunStatus } from "../../../preload/contract/runs.ts";
import { runTimeline } from "../../../main/runs/timeline.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";

let world: RunWorld;
let client: ReturnType<RunWorld["client"]>;
let company: string;
beforeAll(async () => {
  world = await runWorld();
  client = world.client(await world.worker({ scope: "asked" }));
  company = world.acme.id;
});
afterAll(() => world.close());

/** A routine, by the id of a run of it that never starts. */
async function routine(title: string): Promise<string> {
  const seed = await world.fire("true", { title, quietly: true });
  const { rows } = await world.database.pool.query<{ id: string }>(
    "delete from routine_runs where id = $1 returning routine_id as id",
    [seed],
  );
  return rows[0]?.id ?? "";
}

async function run(routineId: string, at: string, status: RunStatus, id: string = randomUUID()): Promise<string> {
  await world.database.pool.query(
    `insert into routine_runs (id, company_id, routine_id, source, title, instructions, dispatch_fingerprint, status, triggered_at)
     select $1, company_id, id, 'manual', title, '', 'f', $3, $4 from routines where id = $2`,
    [id, routineId, status, at],
  );
  return id;
}

describe("runs.timeline", () => {
  it("shows one mark per routine and bucket: the worst outcome, and the newest run with it", async () => {
    const busy = await routine("Busy");
    const quiet = await routine("Quiet");
    await run(busy, "2026-03-08T00:00:00.000Z", "succeeded");
    await run(busy, "2026-03-08T00:10:00.000Z", "failed");
    const newest = await run(busy, "2026-03-08T00:20:00.000Z", "failed");
    await run(busy, "2026-03-08T00:59:59.999Z", "skipped");
    const next = await run(busy, "2026-03-08T01:00:00.000Z", "queued");
    const last = await run(quiet, "2026-03-08T23:59:59.999Z", "succeeded");
    await run(quiet, "2026-03-07T23:59:59.999Z", "failed");
    await run(quiet, "2026-03-09T00:00:00.000Z", "failed");

    const stretch = { company, since: "2026-03-08T00:00:00.000Z", until: "2026-03-09T00:00:00.000Z" };
    expect(await client.timeline({ ...stretch, buckets: 24 })).toEqual({
      more: 0,
      routines: [
        {
          routineId: quiet,
          title: "Quiet",
          status: "active",
          marks: [{ bucket: 23, status: "succeeded", count: 1, runId: last }],
        },
        {
          routineId: busy,
          title: "Busy",
          status: "active",
          marks: [
            { bucket: 0, status: "failed", count: 4, runId: newest },
            { bucket: 1, status: "queued", count: 1, runId: next },
          ],
        },
      ],
    });
    const fine = await client.timeline(stretch);
    expect(fine.routines[1]?.marks.map(({ bucket, status }) => [bucket, status])).toEqual([
      [0, "failed"],
      [1, "failed"],
      [3, "skipped"],
      [4, "queued"],
    ]);
    expect(await client.timeline({ ...stretch, company: world.other.id })).toEqual({ routines: [], more: 0 });
  });

  it("ranks every outcome, and takes one of several runs of the same instant", async () => {
    const ranked = await routine("Ranked");
    const worstFirst: RunStatus[] = [
      "failed",
      "timed_out",
      "interrupted",
      "cancelled",
      "held",
      "running",
      "received",
      "queued",
      "succeeded",
      "coalesced",
      "skipped",
    ];
    const at = "2026-04-01T12:00:00.000Z";
    const timeline = () =>
      runTimeline(world.database, {
        companyId: company,
        since: new Date("2026-04-01T00:00:00.000Z"),
        until: new Date("2026-04-02T00:00:00.000Z"),
        buckets: 1,
      });
    for (const [index, status] of worstFirst.toReversed().entries()) {
      const ids = [randomUUID(), randomUUID()].toSorted();
      for (const id of ids) await run(ranked, at, status, id);
      expect((await timeline()).routines).toMatchObject([
        { marks: [{ bucket: 0, status, count: 2 * (index + 1), runId: ids[1] }] },
      ]);
    }
  });

  it("holds at most 50 routines, the newest activity first, and counts the rest", async () => {
    const ids: string[] = [];
    for (let minute = 0; minute < 53; minute += 1) {
      const id = await routine(`Many ${minute}`);
      await run(id, `2026-05-01T00:${String(minute).padStart(2, "0")}:00.000Z`, "succeeded");
      ids.unshift(id);
    }
    const { routines, more } = await client.timeline({
      company,
      since: "2026-05-01T00:00:00.000Z",
      until: "2026-05-02T00:00:00.000Z",
      buckets: 200,
    });
    expect(routines.map(({ routineId }) => routineId)).toEqual(ids.slice(0, 50));
    expect(more).toBe(3);
  });

  it("refuses a stretch that is empty, backwards or too long", async () => {
    const ask = (since: string, until: string) => refusalOf(client.timeline({ company, since, until }));
    const day = "2026-03-08T00:00:00.000Z";
    expect(await ask(day, day)).toMatchObject({ code: "invalid_input", message: expect.stringContaining("until") });
    expect(await ask(day, "2026-03-07T00:00:00.000Z")).toMatchObject({ code: "invalid_input" });
    expect(await ask(day, "2026-04-08T00:00:00.001Z")).toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("31 days"),
    });
    await client.timeline({ company, since: day, until: "2026-04-08T00:00:00.000Z" });
  });
});
