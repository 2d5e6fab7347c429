import { randomBytes, randomUUID } from "node:crypto";
import fc from "fast-check";
import { getTableColumns } from "drizzle-orm";
import { describe, expect, test } from "vitest";
import { secretAccessEvents } from "../../../main/database/schema/secrets.ts";
import { type ChainFacts, type ChainVerdict, MOST_FINDINGS, checkChain } from "../../../main/secrets/audit-chain.ts";
import { type ChainRow, SEALED_COLUMNS, sealOf } from "../../../main/secrets/audit-event.ts";

const key = randomBytes(32);
const [companyId, otherId] = [randomUUID(), randomUUID()];

/** What a company has: its events, its head, and what the instance has seen of it. */
interface World {
  rows: ChainRow[];
  head: NonNullable<ChainFacts["head"]>;
  known: ChainFacts["known"];
}

type Texts = readonly (string | null)[];

function worldOf(contents: readonly Texts[], sealed: number, company = companyId): World {
  let previous: string | null = null;
  let sealedHead: string | null = null;
  const rows = contents.map((texts, index): ChainRow => {
    const sequence = index + 1;
    const columns = withPlace(texts, company, sequence);
    if (sequence > sealed) return { sequence, columns, seal: null };
    previous = sealOf(key, { companyId: company, sequence, previous }, columns);
    sealedHead = previous;
    return { sequence, columns, seal: previous };
  });
  return {
    rows,
    head: { lastSequence: rows.length, sealedSequence: sealed, sealedHead },
    known: { sequence: sealed, seal: sealedHead },
  };
}

const COMPANY = SEALED_COLUMNS.indexOf("company_id");
const SEQUENCE = SEALED_COLUMNS.indexOf("sequence");
const withPlace = (columns: Texts, company: string, sequence: number): Texts =>
  columns.with(COMPANY, company).with(SEQUENCE, String(sequence));

function check(world: Pick<World, "rows"> & Partial<Omit<ChainFacts, "companyId">>, company = companyId): ChainVerdict {
  const chain = checkChain({ companyId: company, key, head: null, known: null, ...world });
  for (const row of world.rows) chain.take(row);
  return chain.end();
}

function nth(rows: readonly ChainRow[], index: number): ChainRow {
  const row = rows[index];
  if (!row) throw new Error(`there is no row ${index}`);
  return row;
}

const kinds = ({ findings }: ChainVerdict) => findings.map(({ kind, sequence, until }) => [kind, sequence, until]);
const first = ({ findings }: ChainVerdict) => findings[0]?.sequence;
const bySequence = (rows: ChainRow[]) => rows.toSorted((one, other) => one.sequence - other.sequence);

const text = fc.option(fc.oneof(fc.string(), fc.constantFrom("", "null", "[]", '","', "1")), { nil: null });
const columns = fc.array(text, { minLength: SEALED_COLUMNS.length, maxLength: SEALED_COLUMNS.length });
/** Contents of 2 to 12 events that are sealed to the last, and one of them by its index. */
const sealedWorld = fc
  .array(columns, { minLength: 2, maxLength: 12 })
  .chain((contents) => fc.tuple(fc.constant(contents), fc.nat(contents.length - 1)))
  .map(([contents, at]) => Object.assign(worldOf(contents, contents.length), { at }));

/** Twelve events, ten of them sealed. */
const twelve = () =>
  worldOf(
    Array.from({ length: 12 }, (_, index) => SEALED_COLUMNS.map((name) => `${name} ${index}`)),
    10,
  );

test("the seal covers every column of the table but itself", () => {
  const names = Object.values(getTableColumns(secretAccessEvents)).map(({ name }) => name);
  expect([...SEALED_COLUMNS, "seal"].toSorted()).toEqual(names.toSorted());
});

test("no two lists of columns have the same seal", () => {
  fc.assert(
    fc.property(columns, columns, (one, other) => {
      const place = { companyId, sequence: 1, previous: null };
      expect(sealOf(key, place, one) === sealOf(key, place, other)).toBe(JSON.stringify(one) === JSON.stringify(other));
    }),
  );
});

describe("a chain that nobody touched", () => {
  test("passes, however far it is sealed and known", () => {
    const untouched = fc
      .array(columns, { maxLength: 12 })
      .chain((contents) => fc.tuple(fc.constant(contents), fc.nat(contents.length), fc.nat(contents.length)));
    fc.assert(
      fc.property(untouched, fc.boolean(), ([contents, sealed, seen], keptAtAll) => {
        const world = worldOf(contents, sealed);
        const sequence = Math.min(sealed, seen);
        const known = keptAtAll ? { sequence, seal: world.rows[sequence - 1]?.seal ?? null } : null;
        expect(check({ ...world, known })).toEqual({
          checked: contents.length,
          sealedTo: sealed,
          sealOfSealedTo: world.head.sealedHead,
          unsealed: contents.length - sealed,
          findings: [],
          more: 0,
        });
      }),
    );
  });

  test("passes without a key where nothing is sealed, and without events", () => {
    expect(check({ ...worldOf([SEALED_COLUMNS], 0), key: null })).toMatchObject({ findings: [], unsealed: 1 });
    expect(check({ rows: [] })).toMatchObject({ checked: 0, findings: [] });
  });
});

describe("what was done to a sealed chain is found, at the first event that it concerns", () => {
  test("any column changed", () => {
    fc.assert(
      fc.property(sealedWorld, fc.nat(SEALED_COLUMNS.length - 1), text, ({ at, ...world }, column, now) => {
        const row = nth(world.rows, at);
        fc.pre(row.columns[column] !== now);
        const rows = world.rows.with(at, { ...row, columns: row.columns.with(column, now) });
        expect(kinds(check({ ...world, rows }))).toEqual([["changed", at + 1, at + 1]]);
      }),
    );
  });

  test("a seal changed or taken away", () => {
    fc.assert(
      fc.property(sealedWorld, fc.option(fc.string({ minLength: 1 }), { nil: null }), ({ at, ...world }, seal) => {
        const verdict = check({ ...world, rows: world.rows.with(at, { ...nth(world.rows, at), seal }) });
        expect(verdict.findings[0]).toMatchObject({ kind: seal === null ? "inserted" : "changed", sequence: at + 1 });
        expect(verdict.sealedTo).toBe(at);
      }),
    );
  });

  test("an event removed, at the end too", () => {
    fc.assert(
      fc.property(sealedWorld, ({ at, ...world }) => {
        const rows = world.rows.toSpliced(at, 1);
        const kind = at === rows.length ? "cut_tail" : "removed";
        expect(kinds(check({ ...world, rows }))).toEqual([[kind, at + 1, at + 1]]);
      }),
    );
  });

  test("an event added: beyond the end, as a double, or in the place of another", () => {
    fc.assert(
      fc.property(sealedWorld, columns, fc.constantFrom(null, "0".repeat(64)), ({ at, ...world }, texts, seal) => {
        const added = (sequence: number): ChainRow => ({
          sequence,
          columns: withPlace(texts, companyId, sequence),
          seal,
        });
        const end = world.rows.length + 1;
        expect(kinds(check({ ...world, rows: [...world.rows, added(end)] }))).toEqual([["inserted", end, end]]);
        for (const place of [at, at + 1]) {
          expect(first(check({ ...world, rows: world.rows.toSpliced(place, 0, added(at + 1)) }))).toBe(at + 1);
        }
        expect(first(check({ ...world, rows: world.rows.with(at, added(at + 1)) }))).toBe(at + 1);
      }),
    );
  });

  test("two events swapped, with and without their seals", () => {
    fc.assert(
      fc.property(sealedWorld, fc.nat(), ({ at, ...world }, step) => {
        const other = (at + 1 + (step % (world.rows.length - 1))) % world.rows.length;
        const [one, two] = [nth(world.rows, at), nth(world.rows, other)];
        for (const withSeals of [true, false]) {
          const rows = world.rows
            .with(at, {
              ...two,
              sequence: one.sequence,
              columns: withPlace(two.columns, companyId, at + 1),
              ...(withSeals ? {} : { seal: one.seal }),
            })
            .with(other, {
              ...one,
              sequence: two.sequence,
              columns: withPlace(one.columns, companyId, other + 1),
              ...(withSeals ? {} : { seal: two.seal }),
            });
          fc.pre(JSON.stringify(rows) !== JSON.stringify(world.rows));
          expect(first(check({ ...world, rows }))).toBe(Math.min(at, other) + 1);
        }
      }),
    );
  });

  test("an event given another number", () => {
    fc.assert(
      fc.property(sealedWorld, fc.integer({ min: 1, max: 20 }), ({ at, ...world }, sequence) => {
        fc.pre(sequence !== at + 1);
        const row = nth(world.rows, at);
        const moved = { ...row, sequence, columns: withPlace(row.columns, companyId, sequence) };
        const rows = bySequence(world.rows.with(at, moved));
        expect(first(check({ ...world, rows }))).toBe(Math.min(at + 1, sequence));
      }),
    );
  });

  test("the end cut off, with a head that was put back with it, is found by what the instance has seen", () => {
    fc.assert(
      fc.property(sealedWorld, ({ at, ...world }) => {
        const rows = world.rows.slice(0, at);
        expect(kinds(check({ ...world, rows }))).toEqual([["cut_tail", at + 1, world.rows.length]]);
        const head = { lastSequence: at, sealedSequence: at, sealedHead: rows.at(-1)?.seal ?? null };
        expect(kinds(check({ ...world, rows, head }))).toEqual([["rolled_back", at + 1, world.rows.length]]);
        expect(check({ ...world, rows, head, known: null }).findings).toEqual([]);
      }),
    );
  });

  test("the head replaced or gone", () => {
    fc.assert(
      fc.property(sealedWorld, fc.string(), ({ at, ...world }, sealedHead) => {
        const end = world.rows.length;
        expect(kinds(check({ ...world, head: { ...world.head, sealedHead } }))).toEqual([["head_mismatch", end, end]]);
        const earlier = { ...world.head, sealedSequence: at, sealedHead: world.rows[at - 1]?.seal ?? null };
        expect(kinds(check({ ...world, head: earlier }))).toEqual([["head_mismatch", at, end]]);
        expect(kinds(check({ ...world, head: null }))).toEqual([["head_mismatch", end, end]]);
        expect(first(check({ ...world, head: { ...world.head, lastSequence: at } }))).toBeLessThanOrEqual(end);
      }),
    );
  });

  test("events of two companies swapped, in both", () => {
    fc.assert(
      fc.property(sealedWorld, fc.array(columns, { minLength: 12, maxLength: 12 }), ({ at, ...mine }, contents) => {
        const theirs = worldOf(contents, contents.length, otherId);
        const [one, two] = [nth(mine.rows, at), nth(theirs.rows, at)];
        // Whoever moves a row names the company that it is listed under.
        const rows = mine.rows.with(at, { ...two, columns: withPlace(two.columns, companyId, at + 1) });
        expect(first(check({ ...mine, rows }))).toBe(at + 1);
        const others = theirs.rows.with(at, { ...one, columns: withPlace(one.columns, otherId, at + 1) });
        expect(first(check({ ...theirs, rows: others }, otherId))).toBe(at + 1);
      }),
    );
  });

  test("a database put back to an earlier state that went on from there", () => {
    fc.assert(
      fc.property(sealedWorld, fc.array(columns, { minLength: 12, maxLength: 12 }), ({ at, ...world }, contents) => {
        const again = [...world.rows.slice(0, at).map((row) => row.columns), ...contents];
        const now = worldOf(again, again.length);
        fc.pre(now.rows[world.rows.length - 1]?.seal !== world.known?.seal);
        const end = world.rows.length;
        expect(kinds(check({ ...now, known: world.known }))).toEqual([["rolled_back", end, end]]);
        const unsealed = worldOf(again, at);
        expect(kinds(check({ ...unsealed, known: world.known }))).toEqual([["rolled_back", at + 1, end]]);
      }),
    );
  });

  test("another key's seals", () => {
    const world = twelve();
    expect(first(check({ ...world, key: randomBytes(32) }))).toBe(1);
    expect(first(check({ ...world, key: null }))).toBe(1);
  });
});

test("one change of a long chain is one finding, and events after it are checked", () => {
  const world = twelve();
  const changed = (rows: ChainRow[], at: number) =>
    rows.with(at, { ...nth(rows, at), columns: nth(rows, at).columns.with(4, "other") });
  expect(kinds(check({ ...world, rows: changed(changed(world.rows, 2), 7) }))).toEqual([
    ["changed", 3, 3],
    ["changed", 8, 8],
  ]);
});

test("an event that was missing when those after it were sealed is found as well", () => {
  const world = twelve();
  const [before, after] = [nth(world.rows, 1), nth(world.rows, 3)];
  const rows = [
    nth(world.rows, 0),
    before,
    { ...after, seal: sealOf(key, { companyId, sequence: 4, previous: before.seal }, after.columns) },
  ];
  const head = { lastSequence: 4, sealedSequence: 4, sealedHead: nth(rows, 2).seal };
  expect(kinds(check({ rows, head }))).toEqual([["removed", 3, 3]]);
});

test("the unsealed end: a cut is found while the head knows better, and events that wait are counted", () => {
  const world = twelve();
  expect(kinds(check({ ...world, rows: world.rows.slice(0, 11) }))).toEqual([["cut_tail", 12, 12]]);
  expect(check(world)).toMatchObject({ unsealed: 2, sealedTo: 10 });
});

test("a thousand changed events are told by their first hundred", () => {
  const world = worldOf(
    Array.from({ length: 1_000 }, (_, index) => SEALED_COLUMNS.map((name) => `${name} ${index}`)),
    1_000,
  );
  const verdict = check({
    ...world,
    rows: world.rows.map(({ sequence, columns: texts }) => ({ sequence, columns: texts, seal: "0".repeat(64) })),
  });
  expect(verdict.findings).toHaveLength(MOST_FINDINGS);
  expect(verdict.more).toBeGreaterThanOrEqual(900);
});
