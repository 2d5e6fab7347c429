import { randomUUID } from "node:crypto";
import { eq } from "drizzle-orm";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { routines } from "../../../main/database/schema/routines.ts";
import { routineRuns } from "../../../main/database/schema/runs.ts";
import { listRoutines, type RoutineFilter } from "../../../main/routines/listing.ts";
import { routineSort, type RoutineSort } from "../../../preload/contract/routines.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, refusalOf } from "./fixtures.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

type Company = Awaited<ReturnType<typeof aCompany>>;
type Choice = Omit<RoutineFilter, "companyId">;

const list = (company: Company, choice: Choice = {}) =>
  listRoutines(database.orm, { ...choice, companyId: company.companyId });

/** The titles of all pages. `between` runs after each page. */
async function pages(company: Company, choice: Choice, between: () => Promise<void> = async () => undefined) {
  const ids: string[] = [];
  let cursor: string | undefined;
  for (;;) {
    const page = await list(company, { ...choice, ...(cursor === undefined ? {} : { cursor }) });
    expect(page.routines.length).toBeLessThanOrEqual(choice.limit ?? Number.POSITIVE_INFINITY);
    ids.push(...page.routines.map(({ id }) => id));
    if (page.nextCursor === null) return ids;
    cursor = page.nextCursor;
    await between();
  }
}

const at = (minute: number) => new Date(Date.UTC(2026, 2, 8, 7, minute));

/** A company with these routines; instants and titles meet often. */
async function filled(shape: readonly { title: string; created: number; updated: number; ran: number | null }[]) {
  const company = await aCompany(database);
  for (const { title, created, updated, ran } of shape) {
    const id = await company.create({ title });
    await database.orm
      .update(routines)
      .set({ createdAt: at(created), updatedAt: at(updated) })
      .where(eq(routines.id, id));
    if (ran === null) continue;
    const runId = await company.fire(id);
    await database.orm
      .update(routineRuns)
      .set({ triggeredAt: at(ran) })
      .where(eq(routineRuns.id, runId));
  }
  return company;
}

describe("a list of routines", () => {
  test("is the same in pages of any size as in one, in every order, however often values are equal", async () => {
    const routine = fc.record({
      title: fc.constantFrom("a", "A", "b", "B b", "é", "É", "ß", "日本", "_", "%"),
      created: fc.nat(2),
      updated: fc.nat(2),
      ran: fc.option(fc.nat(2)),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(routine, { maxLength: 8 }),
        fc.integer({ min: 1, max: 4 }),
        fc.constantFrom(...routineSort.options),
        async (shape, limit, sort) => {
          const company = await filled(shape);
          const { routines: all, nextCursor } = await list(company, { sort });
          expect(nextCursor).toBeNull();
          expect(all).toHaveLength(shape.length);
          expect(await pages(company, { sort, limit })).toEqual(all.map(({ id }) => id));
          expect(all.map((record) => keyOf(sort, record))).toEqual(
            all.map((record) => keyOf(sort, record)).toSorted((a, b) => compare(sort, a, b)),
          );
        },
      ),
      { numRuns: 30 },
    );
  });

  test("neither hides nor repeats a row when others come and go between its pages", async () => {
    const shape = Array.from({ length: 9 }, (_, index) => ({
      title: `r${index % 3}`,
      created: index % 2,
      updated: index % 2,
      ran: index % 4 === 0 ? null : index % 2,
    }));
    for (const sort of routineSort.options) {
      const company = await filled(shape);
      const before = (await list(company, { sort })).routines.map(({ id }) => id);
      const seen = await pages(company, { sort, limit: 2 }, async () => void (await company.create({ title: "r1" })));
      const old = seen.filter((id) => before.includes(id));
      expect(old).toEqual(before);
      expect(new Set(seen).size).toBe(seen.length);
    }
  });

  test("is searched for the text as it is written, whatever the case", async () => {
    const company = await filled(
      ["50% off", "50 off", "a_b", "aXb", "C:\\temp", "Ünïcode", "it's"].map((title) => ({
        title,
        created: 0,
        updated: 0,
        ran: null,
      })),
    );
    const found = async (text: string) => (await list(company, { text })).routines.map(({ title }) => title);
    expect(await found("50%")).toEqual(["50% off"]);
    expect(await found("a_b")).toEqual(["a_b"]);
    expect(await found("\\")).toEqual(["C:\\temp"]);
    expect(await found("ÜNÏ")).toEqual(["Ünïcode"]);
    expect(await found("IT'S")).toEqual(["it's"]);
    expect(await found("nothing like it")).toEqual([]);
    expect(await found("")).toHaveLength(7);
  });

  test("is filtered before it is paged", async () => {
    const company = await aCompany(database);
    const wanted: string[] = [];
    for (let index = 0; index < 6; index += 1) {
      const inside = index % 2 === 0;
      const id = await company.create({ title: `Nightly ${index}`, ...(inside ? { project: company.projectId } : {}) });
      if (inside) wanted.push(id);
    }
    const choice = { projectId: company.projectId, status: "active" as const, text: "nightly", limit: 2 };
    expect(await pages(company, choice)).toEqual(wanted);
    expect(await pages(company, { ...choice, status: "archived" })).toEqual([]);
  });

  test("refuses a cursor that is not one of its own, or of another order", async () => {
    const company = await filled([1, 2, 3].map((minute) => ({ title: "t", created: minute, updated: 1, ran: null })));
    const encoded = (place: unknown) => Buffer.from(JSON.stringify(place)).toString("base64url");
    const { nextCursor } = await list(company, { limit: 1, sort: "created" });
    const bad = [
      "",
      "nonsense",
      encoded(null),
      encoded(["title", "t"]),
      encoded(["title", "t", "no id"]),
      encoded(["title", "a\0b", randomUUID()]),
      encoded(["title", 7, randomUUID()]),
      encoded(["title", "t", `${randomUUID()}' or true`]),
      nextCursor ?? "",
    ];
    for (const cursor of bad) {
      const refusal = await refusalOf(list(company, { cursor, limit: 1 }));
      expect(refusal).toMatchObject({ code: "invalid_input", data: { fields: { cursor: expect.any(String) } } });
    }
    const refused = refusalOf(
      list(company, { cursor: encoded(["updated", "yesterday", randomUUID()]), sort: "updated" }),
    );
    expect((await refused).code).toBe("invalid_input");
  });

  test("of ten thousand is paged without reading them all", async () => {
    const company = await aCompany(database);
    await database.pool.query(
      `insert into routines (id, company_id, title, latest_revision_id)
       select gen_random_uuid(), $1, 'Routine ' || n, gen_random_uuid() from generate_series(1, 10000) n`,
      [company.companyId],
    );
    await database.pool.query("analyze routines");
    const { nextCursor } = await list(company, { limit: 50 });
    const scanned = await rowsRead(() => list(company, { limit: 50, cursor: nextCursor ?? "" }));
    expect(scanned).toBeGreaterThan(0);
    expect(scanned).toBeLessThan(1_000);
  });
});

/** Rows of routines that were read, by index or not, while the work was done. */
async function rowsRead(work: () => Promise<unknown>): Promise<number> {
  const count = async () => {
    await database.pool.query("select pg_stat_force_next_flush()");
    const { rows } = await database.pool.query<{ read: string }>(
      "select seq_tup_read + coalesce(idx_tup_fetch, 0) as read from pg_stat_user_tables where relname = 'routines'",
    );
    return Number(rows[0]?.read);
  };
  const before = await count();
  await work();
  return (await count()) - before;
}

type Key = string | null;

function keyOf(sort: RoutineSort, record: Awaited<ReturnType<typeof list>>["routines"][number]): Key {
  switch (sort) {
    case "title":
      return record.title.toLowerCase();
    case "created":
      return record.createdAt;
    case "updated":
      return record.updatedAt;
    case "last_run":
      return record.lastRunAt;
  }
}

/** Titles as the test's database sorts them, by code points; instants latest first, none last. */
function compare(sort: RoutineSort, a: Key, b: Key): number {
  if (a === b) return 0;
  if (a === null) return 1;
  if (b === null) return -1;
  return (a < b ? -1 : 1) * (sort === "title" ? 1 : -1);
}
