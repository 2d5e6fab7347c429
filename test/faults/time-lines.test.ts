import { afterAll, beforeAll, test } from "vitest";
import { testDatabase, type TestDatabase } from "../fixtures/database.ts";
import { liveTimeLines } from "../fixtures/time-lines.ts";

let database: TestDatabase;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.close());

test(
  "10,000 time lines of a trigger: every slot is accounted for once",
  () => liveTimeLines(database, 10_000),
  7_200_000,
);
