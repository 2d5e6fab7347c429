import { randomUUID } from "node:crypto";
import { createRouterClient } from "@orpc/server";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routineRuns } from "../../../main/database/schema/runs.ts";
import { changeStatus } from "../../../main/routines/definition.ts";
import { inboxProcedures } from "../../../main/routines/inbox-procedures.ts";
import { SPACING_MS } from "../../../main/routines/scheduler/account.ts";
import { accountDue } from "../../../main/routines/scheduler/round.ts";
import { createTrigger, removeTrigger, updateTrigger } from "../../../main/routines/triggers.ts";
import type { RoutineInput } from "../../../preload/contract/routines.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { simulatedClock } from "../../fixtures/simulated-clock.ts";
import { noted } from "../../fixtures/unexpected.ts";
import { aCompany, anAgent, NOW } from "./fixtures.ts";

const HOUR = 3_600_000;

let database: TestDatabase;
let company: Awaited<ReturnType<typeof aCompany>>;
beforeAll(async () => {
  database = await testDatabase();
  company = await aCompany(database);
});
afterAll(() => database.close());

const unexpected: unknown[] = [];
const quiet = { error: () => undefined, warn: () => undefined, info: () => undefined };
const at = (hours: number) => new Date(NOW.getTime() + hours * HOUR).toISOString();

/** A routine that holds what it misses, of which an hourly trigger missed slots while nobody was awake, in `absences` hours each. */
async function held(absences: readonly number[], input: Partial<RoutineInput> = {}, companyOf = company) {
  const clock = simulatedClock(NOW);
  const woken: string[] = [];
  const client = createRouterClient(inboxProcedures({ database, clock, wake: (runId) => woken.push(runId) }), {
    context: { host: "in-process", reportUnexpected: noted(unexpected) },
  });
  const routine = await companyOf.create({ concurrencyPolicy: "always_enqueue", catchUpPolicy: "hold", ...input });
  const trigger = await createTrigger(database, {
    ...companyOf.note,
    routineId: routine,
    trigger: { kind: "schedule", expression: "0 * * * *", zone: "Asia/Tokyo", label: "hourly" },
  });
  for (const hours of absences) {
    clock.jump(hours * HOUR + HOUR / 2);
    const round = { database, clock, log: quiet, failing: new Map(), onQueued: () => undefined };
    while ((await accountDue(round)).more);
    clock.jump(-HOUR / 2);
  }
  const one = { company: companyOf.companyId, routine };
  const rows = async () =>
    (await company.runs(routine))
      .toSorted((a, b) => Number(a.slotAt) - Number(b.slotAt))
      .map(({ status, slotAt, slotCount }) => {
        const hour = (Number(slotAt) - NOW.getTime()) / HOUR;
        return `${status} ${hour}${slotCount === null || slotCount === 1 ? "" : ` (${slotCount})`}`;
      });
  return { clock, client, woken, routine, trigger, one, rows };
}

const codeOf = (work: Promise<unknown>): Promise<string> =>
  work.then(
    () => "none",
    (error: { code: string }) => error.code,
  );

describe("the inbox", () => {
  test("lists what is held by trigger, with range, count and why", async () => {
    const { client, one, trigger } = await held([5, 3]);
    expect(await client.list(one)).toMatchObject({
      items: [
        {
          routineId: one.routine,
          routineStatus: "active",
          triggerId: trigger,
          triggerLabel: "hourly",
          zone: "Asia/Tokyo",
          first: at(1),
          last: at(8),
          count: 8,
          stretches: [
            { first: at(6), last: at(8), count: 3 },
            { first: at(1), last: at(5), count: 5 },
          ],
        },
      ],
      more: 0,
      slots: 8,
    });
    const [item] = (await client.list(one)).items;
    expect(item?.reason).toContain("missed");
    const row = item?.stretches[1]?.id ?? "";
    expect(await client.slots({ company: one.company, row, limit: 2 })).toEqual({
      slots: [
        { at: at(5), local: "2026-03-08 21:00" },
        { at: at(4), local: "2026-03-08 20:00" },
      ],
      more: true,
      unknown: null,
    });
    expect((await client.slots({ company: one.company, row, before: at(3) })).slots.map((slot) => slot.at)).toEqual([
      at(2),
      at(1),
    ]);
  });

  test("runs the latest, which stands for the others; a second click does nothing", async () => {
    const { client, one, rows, woken } = await held([5, 3]);
    const done = await client.run({ ...one, choice: { kind: "latest" } });
    expect(done).toMatchObject({ runs: [{ slotAt: at(8), status: "queued" }], skipped: 7, refused: [] });
    expect(woken).toEqual([done.runs[0]?.runId]);
    expect(await rows()).toEqual(["skipped 1 (5)", "skipped 6 (2)", "queued 8"]);
    expect(await client.run({ ...one, choice: { kind: "latest" } })).toEqual({ runs: [], skipped: 0, refused: [] });
    expect(await rows()).toHaveLength(3);
    expect(await client.list(one)).toMatchObject({ items: [], slots: 0 });
    expect(await company.actions(one.routine)).toContain("routine.held_run");
  });

  test("runs chosen slots of their day while the others stay held, and answers the same again", async () => {
    const { client, one, rows, clock } = await held([5], { instructions: "for {{date}} {{timestamp}}" });
    const choice = { kind: "slots" as const, slots: [at(2), at(4)] };
    const done = await client.run({ ...one, choice });
    expect(await rows()).toEqual(["held 1", "queued 2", "held 3", "queued 4", "held 5"]);
    const [item] = (await client.list(one)).items;
    expect(item?.stretches[0]?.reason).toMatch(/^1 slot was missed by more than/);
    expect(item?.reason).toMatch(/^Missed 3 times, the last time: 1 slot was/);
    const [first, second] = await Promise.all(done.runs.map(({ runId }) => company.run(runId)));
    expect([first?.notBefore, second?.notBefore]).toEqual([null, new Date(clock.now().getTime() + SPACING_MS)]);
    expect(first?.instructions).toContain("2026-03-08 18:00 Asia/Tokyo");
    expect(await client.run({ ...one, choice })).toEqual(done);
    expect(await codeOf(client.run({ ...one, choice: { kind: "slots", slots: [at(2.5)] } }))).toBe("slot_missing");
    await client.skip({ ...one, choice: { kind: "slots", slots: [at(3)] } });
    expect(await rows()).toEqual(["held 1", "queued 2", "skipped 3", "queued 4", "held 5"]);
    await client.skip({ ...one, choice: { kind: "all" } });
    expect(await rows()).toEqual(["skipped 1", "queued 2", "skipped 3", "queued 4", "skipped 5"]);
  });

  test("keeps one row per slot whatever is released in whatever order by two owners at once", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(
          fc.record({
            verb: fc.constantFrom("run" as const, "skip" as const),
            kind: fc.constantFrom("all" as const, "latest" as const, "slots" as const),
            hours: fc.uniqueArray(fc.integer({ min: 1, max: 9 }), { minLength: 1, maxLength: 4 }),
          }),
          { minLength: 1, maxLength: 4 },
        ),
        async (steps) => {
          const { client, one } = await held([6, 3]);
          const refusals: string[] = [];
          await Promise.all(
            steps.map(async ({ verb, kind, hours }) => {
              const chosen = kind === "slots" ? { kind, slots: hours.map(at) } : { kind: "all" as const };
              const asked =
                verb === "run"
                  ? client.run({ ...one, choice: kind === "latest" ? { kind } : chosen })
                  : client.skip({ ...one, choice: chosen });
              refusals.push(await codeOf(asked));
            }),
          );
          expect(refusals.filter((code) => code !== "none" && code !== "slot_missing")).toEqual([]);
          const covered = (await company.runs(one.routine)).flatMap(({ slotAt, slotCount }) =>
            Array.from({ length: slotCount ?? 1 }, (_, index) => (Number(slotAt) - NOW.getTime()) / HOUR + index),
          );
          expect(covered.toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9]);
        },
      ),
      { numRuns: 12 },
    );
  });

  test("lets slots give way by the routine's policy, each with its row", async () => {
    const { client, one, rows } = await held([3], { concurrencyPolicy: "coalesce_if_active" });
    const { runs } = await client.run({ ...one, choice: { kind: "all" } });
    expect(runs.map(({ status }) => status)).toEqual(["queued", "coalesced", "coalesced"]);
    expect(await rows()).toEqual(["queued 1", "coalesced 2", "coalesced 3"]);
  });

  test("refuses routines that do not run, what cannot start, too many at once, and what another company holds", async () => {
    const { client, one, rows } = await held([4]);
    const status = (change: "pause" | "archive" | "resume") =>
      changeStatus(database, { ...company.note, routineId: one.routine, change });
    for (const [change, code] of [
      ["pause", "routine_paused"],
      ["archive", "routine_archived"],
    ] as const) {
      await status(change);
      expect(await codeOf(client.run({ ...one, choice: { kind: "latest" } }))).toBe(code);
    }
    await status("resume");
    const agent = await anAgent(database, company.companyId, { status: "paused" });
    await company.update(one.routine, { agent });
    expect(await codeOf(client.run({ ...one, choice: { kind: "latest" } }))).toBe("agent_inactive");
    const other = await aCompany(database);
    expect(await codeOf(client.skip({ company: other.companyId, routine: one.routine, choice: { kind: "all" } }))).toBe(
      "routine_missing",
    );
    const row = (await client.list(one)).items[0]?.stretches[0]?.id ?? "";
    expect(await codeOf(client.slots({ company: other.companyId, row }))).toBe("slot_missing");
    expect(await rows()).toEqual(["held 1 (4)"]);
    const many = await held([150]);
    expect(await codeOf(many.client.run({ ...many.one, choice: { kind: "all" } }))).toBe("slots_too_many");
  });

  test("takes a whole company at once; what is refused of it stays held and says why", async () => {
    const other = await aCompany(database);
    const [one, two] = [await held([2], {}, other), await held([2], {}, other)];
    await changeStatus(database, { ...other.note, routineId: two.routine, change: "pause" });
    const done = await one.client.run({ company: other.companyId, choice: { kind: "latest" } });
    expect(done).toMatchObject({ runs: [{ routineId: one.routine }], skipped: 1 });
    expect(done.refused).toMatchObject([{ routineId: two.routine, code: "routine_paused" }]);
    expect(done.refused[0]?.next).toBeTruthy();
    expect(await one.client.skip({ company: other.companyId, choice: { kind: "all" } })).toMatchObject({ skipped: 2 });
    expect(await two.rows()).toEqual(["skipped 1 (2)"]);
  });

  test("after three days of sleep with twenty routines nothing ran unasked, all of it is listed, and one call clears it", async () => {
    const other = await aCompany(database);
    const each = [];
    for (let count = 0; count < 20; count += 1) each.push(await held([], {}, other));
    const [first] = each;
    const clock = simulatedClock(new Date(NOW.getTime() + 72.5 * HOUR));
    const round = { database, clock, log: quiet, failing: new Map(), onQueued: () => undefined };
    while ((await accountDue(round)).more);
    for (const { rows } of each) expect(await rows()).toEqual(["held 1 (72)"]);
    expect(await first?.client.list({ company: other.companyId })).toMatchObject({ slots: 20 * 72, more: 0 });
    const done = await first?.client.run({ company: other.companyId, choice: { kind: "latest" } });
    expect(done).toMatchObject({ skipped: 20 * 71, refused: [] });
    expect(done?.runs).toHaveLength(20);
    expect(await first?.client.list({ company: other.companyId })).toEqual({ items: [], more: 0, slots: 0 });
  });

  test("leaves alone what came to be held after the operator looked", async () => {
    const { client, one, rows } = await held([2, 3]);
    const stretches = (await client.list(one)).items[0]?.stretches ?? [];
    await client.skip({ ...one, heldUntil: stretches[1]?.heldAt ?? "", choice: { kind: "all" } });
    expect(await rows()).toEqual(["skipped 1 (2)", "held 3 (3)"]);
  });

  test("tells the slots by the schedule of their time after it was changed or its trigger removed", async () => {
    const [changed, removed] = [await held([5]), await held([5])];
    await updateTrigger(database, {
      ...company.note,
      routineId: changed.routine,
      trigger: changed.trigger,
      now: changed.clock.now(),
      changes: { expression: "7 1 * * *", zone: "UTC" },
    });
    const remove = { ...company.note, routineId: removed.routine, trigger: removed.trigger };
    await removeTrigger(database, { ...remove, now: removed.clock.now() });
    for (const { client, one, rows } of [changed, removed]) {
      const row = (await client.list(one)).items[0]?.stretches[0]?.id ?? "";
      const { slots, unknown } = await client.slots({ company: one.company, row });
      expect(slots.map((slot) => slot.at)).toEqual([at(5), at(4), at(3), at(2), at(1)]);
      expect([slots[0]?.local, unknown]).toEqual(["2026-03-08 21:00", null]);
      await client.run({ ...one, choice: { kind: "slots", slots: [at(3)] } });
      expect(await rows()).toEqual(["held 1 (2)", "queued 3", "held 4 (2)"]);
      expect(await client.run({ ...one, choice: { kind: "all" } })).toMatchObject({ skipped: 0 });
      expect(await rows()).toEqual([1, 2, 3, 4, 5].map((hour) => `queued ${hour}`));
    }
  });

  test("tells the slots of a row that names no revision, where one of its trigger's schedules fits; else it does not guess", async () => {
    const { client, clock, one, routine, rows, trigger } = await held([5]);
    const note = { ...company.note, routineId: routine, trigger, now: clock.now() };
    const forget = { routineRevisionId: null };
    await database.orm.update(routineRuns).set(forget).where(eq(routineRuns.routineId, routine));
    await updateTrigger(database, { ...note, changes: { expression: "7 1 * * *" } });
    const row = (await client.list(one)).items[0]?.stretches[0]?.id ?? "";
    expect(await client.slots({ company: one.company, row })).toMatchObject({ unknown: null });
    await database.orm
      .update(routineRuns)
      .set({ ...forget, slotCount: 4 })
      .where(eq(routineRuns.routineId, routine));
    const { slots, unknown } = await client.slots({ company: one.company, row });
    expect(slots.map((slot) => slot.at)).toEqual([at(5), at(1)]);
    expect(unknown).toContain("cannot be told");
    expect(await codeOf(client.run({ ...one, choice: { kind: "all" } }))).toBe("slot_missing");
    expect(await client.run({ ...one, choice: { kind: "latest" } })).toMatchObject({ skipped: 3 });
    expect(await rows()).toEqual(["skipped 1 (3)", "queued 5"]);
  });

  test("releases a whole run that is held with its sheet, or lets it give way", async () => {
    const { client, one } = await held([], { concurrencyPolicy: "coalesce_if_active" });
    const [first, second] = [await company.fire(one.routine), randomUUID()];
    const hold = { status: "held" as const, heldReason: "The database was restored." };
    await database.orm.update(routineRuns).set(hold).where(eq(routineRuns.id, first));
    const [copy] = await database.orm.select().from(routineRuns).where(eq(routineRuns.id, first));
    if (copy) await database.orm.insert(routineRuns).values({ ...copy, id: second });
    expect(await client.list(one)).toMatchObject({ items: [{ count: 2, reason: hold.heldReason, triggerId: null }] });
    const done = await client.run({ ...one, choice: { kind: "rows", rows: [second] } });
    expect(done.runs).toEqual([{ runId: second, routineId: one.routine, slotAt: null, status: "queued" }]);
    expect((await company.run(second)).sheetId).toBe(copy?.sheetId);
    expect(await client.run({ ...one, choice: { kind: "all" } })).toMatchObject({
      runs: [{ runId: first, status: "coalesced" }],
    });
    expect(unexpected).toEqual([]);
  });
});
