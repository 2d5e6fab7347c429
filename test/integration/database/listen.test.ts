import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Change } from "../../../preload/contract/system.ts";
import { announce, CHANGE_CHANNEL } from "../../../main/database/changes.ts";
import { openFeed, type ListeningFeed } from "../../../main/database/listen.ts";
import { systemClock, type Clock } from "../../../main/instance/clock.ts";
import { eventually, refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { memoryLog } from "../../fixtures/home.ts";
import { startPooler } from "../../fixtures/pooler.ts";

let database: TestDatabase;
let feed: ListeningFeed | undefined;
let heard: Change[];
let connection: (string | null)[];
beforeEach(async () => {
  database = await testDatabase();
  heard = [];
  connection = [];
});
afterEach(async () => {
  await feed?.close();
  feed = undefined;
  await database.close();
});

async function listen(clock: Clock = systemClock, polling = false): Promise<ListeningFeed> {
  feed = await openFeed({
    connection: database.options,
    polling,
    clock,
    log: memoryLog(),
    onConnection: (problem) => connection.push(problem),
  });
  feed.subscribe((change) => heard.push(change));
  return feed;
}

const someChange = (): Change => ({ topic: "runs", companyId: randomUUID(), id: randomUUID() });
const resync = { topic: "resync", companyId: null, id: null };

describe("the feed of changes", () => {
  test("tells what is committed, in order, and nothing that is rolled back", async () => {
    await listen();
    const [first, second, never] = [someChange(), someChange(), someChange()];
    await announce(database.orm, first);
    await database.orm
      .transaction(async (tx) => {
        await announce(tx, never);
        throw new Error("rolled back");
      })
      .catch(() => undefined);
    await announce(database.orm, second);
    await eventually(() => heard.length >= 2);
    expect(heard).toEqual([first, second]);
  });

  test("skips what is no change, and survives a listener that fails", async () => {
    const opened = await listen();
    const after: Change[] = [];
    opened.subscribe(() => {
      throw new Error("a bad listener");
    });
    const leave = opened.subscribe((change) => after.push(change));
    await database.pool.query("select pg_notify($1, $2)", [CHANGE_CHANNEL, "nonsense"]);
    const change = someChange();
    await announce(database.orm, change);
    await eventually(() => after.length > 0);
    expect(after).toEqual([change]);
    leave();
    await announce(database.orm, someChange());
    await eventually(() => heard.length === 2);
    expect(after).toEqual([change]);
  });

  test("comes back after its connection broke, and says that something may have been missed", async () => {
    await listen();
    await database.pool.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()",
    );
    await eventually(() => heard.length > 0);
    expect(heard).toEqual([resync]);
    expect(connection).toEqual([expect.any(String), null]);
    const change = someChange();
    await announce(database.orm, change);
    await eventually(() => heard.length > 1);
    expect(heard[1]).toEqual(change);
  });

  test("asks to look again every two seconds behind a pooler", async () => {
    const waiting: { delayMs: number; work: () => void }[] = [];
    const clock: Clock = {
      ...systemClock,
      after: (delayMs, work) => {
        waiting.push({ delayMs, work });
        return () => undefined;
      },
    };
    await listen(clock, true);
    expect(waiting.map(({ delayMs }) => delayMs)).toEqual([2_000]);
    waiting.shift()?.work();
    expect(heard).toEqual([resync]);
    await eventually(() => waiting.length > 0);
    waiting.shift()?.work();
    expect(heard).toEqual([resync, resync]);
  });

  test("asks instead of listening where every transaction may get another session", async () => {
    const pooler = await startPooler(database.options);
    try {
      feed = await openFeed({
        connection: { connectionString: pooler.url },
        polling: false,
        clock: systemClock,
        log: memoryLog(),
        onConnection: (problem) => connection.push(problem),
      });
      feed.subscribe((change) => heard.push(change));
      await announce(database.orm, someChange());
      await eventually(() => heard.length > 0);
      // A session of the pooler that listens would keep doing so for whoever gets it next.
      const listening = "select 1 from pg_stat_activity where datname = current_database() and query ilike 'listen%'";
      expect((await database.pool.query(listening)).rows).toEqual([]);
      expect(heard).toEqual([resync]);
      await pooler.close();
      await eventually(() => connection.length > 0);
      expect(connection[0]).toEqual(expect.any(String));
    } finally {
      await feed?.close();
      await pooler.close();
    }
  });

  test("is refused where no connection can be made", async () => {
    const refusal = await refusalOf(
      openFeed({
        connection: { ...database.options, password: "wrong" },
        polling: false,
        clock: systemClock,
        log: memoryLog(),
        onConnection: () => undefined,
      }),
    );
    expect(refusal.code).toBe("database_unavailable");
  });
});
