import { randomUUID } from "node:crypto";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import pg from "pg";
import { letUse, refuseUnusable, roleOf } from "../../../main/database/rights.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";

let database: TestDatabase;
let owner: pg.Client;
let weak: pg.Client;
let role: string;
beforeEach(async () => {
  database = await testDatabase();
  owner = await connected({});
  role = `Role ${randomUUID()}`;
  await owner.query(`create role "${role}" login password 'runtime'`);
  weak = await connected({ user: role, password: "runtime" });
});
afterEach(async () => {
  await weak.end();
  await owner.query(`drop owned by "${role}"; drop role "${role}"`);
  await owner.end();
  await database.close();
});

async function connected(login: pg.ClientConfig): Promise<pg.Client> {
  const client = new pg.Client({ ...database.options, ...login });
  await client.connect();
  return client;
}

describe("a role that did not make the tables", () => {
  test("is refused with the statement that helps, until their owner lets it use them", async () => {
    expect(await roleOf(weak)).toBe(role);
    for (const grant of ["", `grant select on all tables in schema public to "${role}"`]) {
      await owner.query(grant);
      const refusal = await refusalOf(refuseUnusable(weak, owner));
      expect(refusal.code).toBe("database_unavailable");
      expect(refusal.message).toContain("may not use the tables");
      expect(refusal.next).toContain(
        `grant select, insert, update, delete on all tables in schema public to "${role}"`,
      );
    }
    await letUse(owner, role);
    await refuseUnusable(weak, owner);
    await weak.query("select * from companies");
    await weak.query("update routine_runs set title = title");
    await weak.query("delete from owners");
    await expect(weak.query("create table mine (one integer)")).rejects.toThrow("permission denied");
    await expect(weak.query("drop table owners")).rejects.toThrow("must be owner");
  });

  test("is let into a schema that is closed to others, by several at once", async () => {
    await owner.query("revoke all on schema public from public");
    const another = await connected({});
    await Promise.all([letUse(owner, role), letUse(another, role)]).finally(() => another.end());
    await refuseUnusable(weak, owner);
  });

  test("cannot let itself, and is given no right to tables that are not ours", async () => {
    await owner.query(`create role "other ${role}"; create table theirs (one integer)`);
    try {
      await owner.query(`alter table theirs owner to "other ${role}"`);
      await letUse(weak, role);
      await letUse(owner, role);
      await expect(weak.query("select * from theirs")).rejects.toThrow("permission denied");
      await refuseUnusable(weak, owner);
    } finally {
      await owner.query(`drop table theirs; drop role "other ${role}"`);
    }
  });
});

describe("a connection", () => {
  test("that leads to another database than the migrations is refused", async () => {
    const other = await testDatabase("template0");
    const elsewhere = new pg.Client({ ...other.options });
    await elsewhere.connect();
    try {
      const refusal = await refusalOf(refuseUnusable(elsewhere, owner));
      expect(refusal.code).toBe("config_invalid");
      expect(refusal.message).toContain("DATABASE_MIGRATION_URL");
    } finally {
      await elsewhere.end();
      await other.close();
    }
  });

  test("that does not look into the schema public first is refused", async () => {
    await letUse(owner, role);
    await weak.query("set search_path = elsewhere");
    const refusal = await refusalOf(refuseUnusable(weak, owner));
    expect(refusal.code).toBe("database_unavailable");
    expect(refusal.next).toContain("search_path");
  });
});
