import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { type EventFilter, listEvents } from "../../../main/secrets/events.ts";
import { deleteSecret, rotateSecret } from "../../../main/secrets/store.ts";
import { canary, everyRow, insertCompany } from "./setup.ts";
import { type ResolutionSetup, actor, resolutionSetup } from "./resolution-setup.ts";

let setup: ResolutionSetup;
beforeEach(async () => void (setup = await resolutionSetup()));
afterEach(() => setup.close());

describe("access events", () => {
  test.each([
    ["a trigger refuses them", "create trigger refuse before insert on secret_access_events execute function refuse()"],
    ["their table is gone", "alter table secret_access_events rename to elsewhere"],
    ["their counter is gone", "drop table secret_access_heads"],
  ])("that cannot be written release no value: %s", async (_, fault) => {
    await setup.database.pool.query(
      "create function refuse() returns trigger language plpgsql as $$ begin raise 'refused'; end $$",
    );
    await setup.database.pool.query(fault);
    const released = await setup.resolve([setup.request()]).catch((error: unknown) => error);
    expect(released).toBeInstanceOf(Error);
    expect(JSON.stringify(released)).not.toContain(setup.value);
    const { rows } = await setup.database.pool.query("select last_resolved_at from company_secrets");
    expect(rows).toEqual([{ last_resolved_at: null }]);
  });

  test("that cannot be written take no number", async () => {
    await setup.resolve([setup.request()]);
    await setup.database.pool.query(
      "alter table secret_access_events add constraint none check (sequence < 2) not valid",
    );
    await expect(setup.resolve([setup.request()])).rejects.toThrow("secret_access_events");
    await setup.database.pool.query("alter table secret_access_events drop constraint none");
    await setup.resolve([setup.request()]);
    expect((await setup.events()).map((event) => event.sequence)).toEqual([2, 1]);
  });

  test("of 20 resolutions at once are numbered without gap or double, those of one next to each other", async () => {
    const runs = Array.from({ length: 20 }, () => randomUUID());
    const wanted = [
      setup.request(),
      setup.request({ secretId: randomUUID() }),
      setup.request(),
      setup.request({ version: 9 }),
      setup.request(),
    ];
    await Promise.all(runs.map((runId) => setup.resolve(wanted, { runId })));
    const { rows } = await setup.database.pool.query<{ sequence: string; routine_run_id: string }>(
      "select sequence, routine_run_id from secret_access_events order by sequence",
    );
    expect(rows.map((row) => Number(row.sequence))).toEqual(Array.from({ length: 100 }, (_, index) => index + 1));
    const blocks = Array.from({ length: 20 }, (_, index) => rows.slice(index * 5, index * 5 + 5));
    for (const block of blocks) expect(new Set(block.map((row) => row.routine_run_id)).size).toBe(1);
    const heads = await setup.database.pool.query("select last_sequence::int from secret_access_heads");
    expect(heads.rows).toEqual([{ last_sequence: 100 }]);
  });

  test("are numbered per company", async () => {
    const other = await insertCompany(setup.database);
    const missing = setup.request({ secretId: randomUUID() });
    await setup.resolve([missing, missing]);
    await setup.resolve([missing], { companyId: other });
    const { rows } = await setup.database.pool.query(
      "select last_sequence::int from secret_access_heads order by last_sequence",
    );
    expect(rows).toEqual([{ last_sequence: 1 }, { last_sequence: 2 }]);
  });

  test("do not wait for each other for ever while secrets rotate in between", async () => {
    const others = await Promise.all(Array.from({ length: 6 }, (_, index) => setup.create(`key-${index}`, canary())));
    const env = Object.fromEntries(others.map((one, index) => [`KEY_${index}`, one.id]));
    await setup.bind(env);
    const wanted = Object.entries(env).map(([key, secretId]) =>
      setup.request({ key, configPath: `env.${key}`, secretId }),
    );
    const work = Array.from({ length: 12 }, (_, index) => [
      setup.resolve(index % 2 === 0 ? wanted : wanted.toReversed()),
      rotateSecret(setup.store(setup.vault), {
        companyId: setup.companyId,
        secret: `key-${index % 6}`,
        value: canary(),
      }),
    ]);
    const done = await Promise.all(work.flat());
    const answers = done.flatMap((one) => (Array.isArray(one) ? one : []));
    expect(answers.filter((answer) => !answer.ok)).toEqual([]);
    expect(answers).toHaveLength(72);
  });

  test("page by their sequence, newest first, for a company, a secret and a run", async () => {
    const runId = randomUUID();
    for (let index = 0; index < 7; index += 1)
      await setup.resolve([setup.request()], { runId: index === 3 ? runId : null });
    await setup.resolve([setup.request({ secretId: randomUUID() })]);
    const first = await listEvents(setup.database.orm, { companyId: setup.companyId, secret: "GH_TOKEN", limit: 3 });
    expect(first.events.map((event) => event.sequence)).toEqual([7, 6, 5]);
    const cursor = first.nextCursor ?? "";
    const second = await listEvents(setup.database.orm, {
      companyId: setup.companyId,
      secret: setup.secret.id,
      limit: 3,
      cursor,
    });
    expect(second.events.map((event) => event.sequence)).toEqual([4, 3, 2]);
    const last = await listEvents(setup.database.orm, {
      companyId: setup.companyId,
      secret: setup.secret.id,
      cursor: second.nextCursor ?? "",
    });
    expect(last).toMatchObject({ events: [{ sequence: 1 }], nextCursor: null });
    const ofRun = await listEvents(setup.database.orm, { companyId: setup.companyId, run: runId });
    expect(ofRun.events.map((event) => event.sequence)).toEqual([4]);
    const failures = await listEvents(setup.database.orm, { companyId: setup.companyId, outcome: "failure" });
    expect(failures.events.map((event) => [event.sequence, event.errorCode])).toEqual([[8, "secret_missing"]]);
    const successes = await listEvents(setup.database.orm, {
      companyId: setup.companyId,
      outcome: "success",
      limit: 3,
      cursor: "7",
    });
    expect(successes.events.map((event) => event.sequence)).toEqual([6, 5, 4]);
    await expect(listEvents(setup.database.orm, { companyId: setup.companyId, secret: "nothing" })).rejects.toThrow(
      "no secret",
    );
    for (const bad of ["", "-1", "x", "1.5", "9".repeat(30)]) {
      await expect(listEvents(setup.database.orm, { companyId: setup.companyId, cursor: bad })).rejects.toThrow(
        "cursor",
      );
    }
  });

  test("are narrowed by what they say, together and in pages that look at so many at most", async () => {
    const runId = randomUUID();
    await rotateSecret(setup.store(setup.vault), { companyId: setup.companyId, secret: "gh_token", value: canary() });
    await setup.resolve([setup.request({ version: 1 }), setup.request(), setup.request({ version: 9 })], { runId });
    await setup.resolve([setup.request({ consumerType: "routine", secretId: randomUUID() })]);
    const numbers = async (filter: Partial<EventFilter>, lookedAt?: number) => {
      const page = await listEvents(setup.database.orm, { companyId: setup.companyId, ...filter }, lookedAt);
      return [page.events.map(({ sequence }) => sequence), page.nextCursor];
    };
    expect(await numbers({ version: 1 })).toEqual([[1], null]);
    expect(await numbers({ version: 2, run: runId })).toEqual([[2], null]);
    expect(await numbers({ errorCode: "version_missing" })).toEqual([[3], null]);
    expect(await numbers({ errorCode: "version_missing", outcome: "success" })).toEqual([[], null]);
    expect(await numbers({ consumerType: "agent", consumerId: setup.agentId })).toEqual([[3, 2, 1], null]);
    expect(await numbers({ consumerType: "routine" })).toEqual([[4], null]);
    expect(await numbers({ actor: actor.id ?? "" })).toEqual([[4, 3, 2, 1], null]);
    expect(await numbers({ actor: randomUUID() })).toEqual([[], null]);
    expect(await numbers({ version: 1 }, 2)).toEqual([[], "3"]);
    expect(await numbers({ version: 1, cursor: "3" }, 2)).toEqual([[1], "1"]);
    expect(await numbers({ version: 1, cursor: "1" }, 2)).toEqual([[], null]);
    expect(await numbers({ limit: 2 }, 2)).toEqual([[4, 3], "3"]);
  });

  test("are narrowed by time, among thousands that are not all in its order", async () => {
    await setup.database.pool.query(
      `insert into secret_access_events (id, company_id, sequence, actor_type, consumer_type, consumer_id, outcome, created_at)
       select gen_random_uuid(), $1, n, 'agent', 'agent', 'x', 'success',
         '2026-01-01T00:00:00Z'::timestamptz + make_interval(mins => (n + 20 * (n % 7))::int)
       from generate_series(1, 5000) n`,
      [setup.companyId],
    );
    const at = (minutes: number) => new Date(Date.UTC(2026, 0, 1) + minutes * 60_000).toISOString();
    const minute = (n: number) => n + 20 * (n % 7);
    for (const [from, to] of [
      [0, 40],
      [3_100, 3_200],
      [5_000, 9_000],
      [-50, -1],
      [2_000, 2_000],
    ] as const) {
      const filter = { companyId: setup.companyId, since: at(from), until: at(to), limit: 500 };
      const wanted = Array.from({ length: 5_000 }, (_, index) => index + 1).filter(
        (n) => minute(n) >= from && minute(n) <= to,
      );
      const { events: found } = await listEvents(setup.database.orm, filter);
      expect(found.map(({ sequence }) => sequence)).toEqual(wanted.toReversed());
    }
    const { events: newest } = await listEvents(setup.database.orm, {
      companyId: setup.companyId,
      since: at(4_000),
      limit: 1,
    });
    expect(newest).toMatchObject([{ sequence: 5_000 }]);
  });

  test("survive their secret, and are found by its id and by its old key", async () => {
    await setup.resolve([setup.request()]);
    await deleteSecret(setup.store(setup.vault), { companyId: setup.companyId, secret: "gh_token" });
    await setup.resolve([setup.request()]);
    for (const reference of [setup.secret.id, "gh_token", "Name of gh_token"]) {
      const found = await listEvents(setup.database.orm, { companyId: setup.companyId, secret: reference });
      expect(found.events).toMatchObject([
        { sequence: 2, secretKey: "gh_token", errorCode: "secret_deleted" },
        { sequence: 1, secretKey: "gh_token", outcome: "success" },
      ]);
    }
  });

  test("and everything else in the database hold no value", async () => {
    await rotateSecret(setup.store(setup.vault), {
      companyId: setup.companyId,
      secret: "gh_token",
      value: setup.value,
      note: "a note",
    });
    await setup.resolve([setup.request(), setup.request({ version: 9 }), setup.request({ version: 1 })]);
    const rows = await everyRow(setup.database);
    expect(rows).toContain("gh_token");
    const bytes = Buffer.from(setup.value);
    for (const form of [
      setup.value,
      bytes.toString("hex"),
      bytes.toString("base64").slice(0, 40),
      setup.value.slice(10, 30),
    ]) {
      expect(rows).not.toContain(form);
    }
  });
});
