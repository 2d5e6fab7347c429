import { chmod, readFile, rm, stat, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { sealOf } from "../../../main/secrets/audit-event.ts";
import { verifyAudit } from "../../../main/secrets/audit-verify.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { refusalOf } from "../../fixtures/conditions.ts";
import { headOf, kinds, leaveEvents, owner, verdictOf } from "./audit-setup.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let vault: Vault;
let companyId: string;
let otherId: string;
let mine: ReturnType<typeof owner>;
beforeEach(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
  await vault.makeReady();
  companyId = await insertCompany(setup.database);
  otherId = await insertCompany(setup.database);
  mine = owner(setup, vault);
});
afterEach(async () => {
  await mine.sealer.stop();
  await setup.close();
});

const run = (sql: string, values: unknown[] = []) => setup.database.pool.query(sql, values);
const verify = async () => verdictOf(await mine.verify(companyId), companyId);
/** Ten sealed events. */
async function ten(company = companyId): Promise<void> {
  await leaveEvents(setup, vault, company, 10);
  await mine.sealer.sealAll();
}

describe("events that nobody touched", () => {
  test("pass, with those of all companies, and are entered into the activity and the file of the instance", async () => {
    await ten();
    await leaveEvents(setup, vault, otherId, 3);
    const result = await mine.verify();
    expect(result).toMatchObject({ checked: 13, broken: false, file: { state: "ok", message: null } });
    expect(verdictOf(result, companyId)).toMatchObject({ checked: 10, sealedTo: 10, unsealed: 0, findings: [] });
    expect(verdictOf(result, otherId)).toMatchObject({ checked: 3, sealedTo: 3, unsealed: 0, findings: [] });
    const { rows } = await run("select company_id, action, details from activity_log order by details ->> 'events'");
    expect(rows).toEqual([
      {
        company_id: companyId,
        action: "audit.verified",
        details: { events: 10, sealedTo: 10, unsealed: 0, findings: 0 },
      },
      { company_id: otherId, action: "audit.verified", details: { events: 3, sealedTo: 3, unsealed: 0, findings: 0 } },
    ]);
  });

  test("pass where there are none, and before there ever was a key", async () => {
    expect(await mine.verify()).toMatchObject({ checked: 0, broken: false, companies: [] });
    expect(await verify()).toMatchObject({ checked: 0, findings: [] });
    await run("truncate vault_keys");
    await rm(setup.keyFile);
    const fresh = await setup.open();
    expect(fresh.state()).toBe("uninitialized");
    const without = owner(setup, fresh);
    await leaveEvents(setup, fresh, companyId, 2);
    expect(verdictOf(await without.verify(), companyId)).toMatchObject({ checked: 2, unsealed: 2, findings: [] });
    await without.sealer.stop();
  });

  test("are checked page by page, with progress in between", async () => {
    await run(
      `insert into secret_access_events (id, company_id, sequence, actor_type, consumer_type, consumer_id, outcome)
       select gen_random_uuid(), $1, n, 'agent', 'agent', 'x', 'success' from generate_series(1, 45000) n`,
      [companyId],
    );
    await run("insert into secret_access_heads (company_id, last_sequence) values ($1, 45000)", [companyId]);
    const events: unknown[] = [];
    for await (const event of verifyAudit(mine.services, companyId)) events.push(event);
    expect(events).toMatchObject([
      { type: "progress", checked: 20_000, total: 45_000 },
      { type: "progress", checked: 40_000, total: 45_000 },
      { type: "result", result: { checked: 45_000, broken: false, companies: [{ sealedTo: 45_000, unsealed: 0 }] } },
    ]);
  });
});

describe("what was done to the rows of the database is found and named", () => {
  beforeEach(() => ten());

  test.each([
    ["secret_key", "'other'"],
    ["secret_id", "gen_random_uuid()"],
    ["version", "7"],
    ["actor_id", "null"],
    ["consumer_id", "'other'"],
    ["outcome", "'success'"],
    ["error_code", "null"],
    ["created_at", "created_at - interval '1 day'"],
    ["created_at", "'infinity'"],
    ["plugin_id", "gen_random_uuid()"],
    ["seal", "repeat('0', 64)"],
    ["id", "gen_random_uuid()"],
  ])("a changed %s (%s)", async (column, value) => {
    await run(`update secret_access_events set ${column} = ${value} where sequence = 4`);
    expect(kinds(await verify())).toEqual([["changed", 4, 4]]);
    expect(await verify()).toMatchObject({ broken: true, sealedTo: 3, checked: 10 });
  });

  test("removed rows, and a removed row whose number was given to the one behind it", async () => {
    await run("delete from secret_access_events where sequence in (4, 5)");
    expect(kinds(await verify())).toEqual([["removed", 4, 5]]);
    await run("update secret_access_events set sequence = sequence - 2 where sequence > 5");
    expect(kinds(await verify())[0]).toEqual(["changed", 4, 4]);
  });

  test("an added row: beyond the last number, in a free place, and with a number that was taken", async () => {
    const add = (sequence: string) =>
      run(
        `insert into secret_access_events (id, company_id, sequence, actor_type, consumer_type, consumer_id, outcome)
         values (gen_random_uuid(), $1, ${sequence}, 'agent', 'agent', 'x', 'success')`,
        [companyId],
      );
    await add("9223372036854775807");
    expect(kinds(await verify())[0]?.[0]).toBe("inserted");
    await run("delete from secret_access_events where sequence > 10");
    await run("delete from secret_access_events where sequence = 6");
    await add("6");
    // What the one behind it was sealed with is gone, so that one cannot be vouched for either.
    expect(await verify()).toMatchObject({
      findings: [
        { kind: "inserted", sequence: 6 },
        { sequence: 7, message: expect.stringContaining("or only the one before") },
      ],
    });
    await run("drop index secret_access_events_sequence_uq");
    await add("8");
    expect([...new Set(kinds(await verify()).map(([, sequence]) => sequence))]).toEqual([6, 7, 8]);
  });

  test("swapped rows, of one company and of two", async () => {
    await ten(otherId);
    const swap = async (one: string, two: string) => {
      await run(`update secret_access_events set sequence = sequence + 1000 where id in ($1, $2)`, [one, two]);
      await run(
        `update secret_access_events a set company_id = b.company_id, sequence = b.sequence - 1000
         from secret_access_events b where a.id in ($1, $2) and b.id in ($1, $2) and a.id <> b.id`,
        [one, two],
      );
    };
    const idOf = async (company: string, sequence: number) =>
      (await run("select id from secret_access_events where company_id = $1 and sequence = $2", [company, sequence]))
        .rows[0].id as string;
    await swap(await idOf(companyId, 3), await idOf(companyId, 7));
    expect(
      kinds(await verify())
        .map(([kind, sequence]) => [kind, sequence])
        .slice(0, 1),
    ).toEqual([["changed", 3]]);
    await swap(await idOf(companyId, 3), await idOf(companyId, 7));
    expect(kinds(await verify())).toEqual([]);
    await swap(await idOf(companyId, 5), await idOf(otherId, 5));
    const result = await mine.verify();
    for (const company of [companyId, otherId]) expect(kinds(verdictOf(result, company))[0]).toEqual(["changed", 5, 5]);
  });

  test("a tail that was cut off, sealed or waiting, with a head that still knows it", async () => {
    await run("delete from secret_access_events where sequence > 8");
    expect(kinds(await verify())).toEqual([["cut_tail", 9, 10]]);
  });

  test("a head that was replaced, put back or removed", async () => {
    await run("update secret_access_heads set sealed_head = repeat('0', 64)");
    expect(kinds(await verify())).toEqual([["head_mismatch", 10, 10]]);
    await run(
      `update secret_access_heads h set sealed_sequence = 6, sealed_head = e.seal
       from secret_access_events e where e.sequence = 6`,
    );
    expect(kinds(await verify())).toEqual([["head_mismatch", 6, 10]]);
    await run("delete from secret_access_heads");
    expect(kinds(await verify())).toEqual([["head_mismatch", 10, 10]]);
    const all = await mine.verify();
    expect(kinds(verdictOf(all, companyId))).toEqual([["head_mismatch", 10, 10]]);
  });

  test("a database that was put back as a whole, found by the file of the instance", async () => {
    await run("create table kept as select * from secret_access_heads");
    await ten();
    await run("delete from secret_access_events where sequence > 10");
    await run("delete from secret_access_heads; insert into secret_access_heads select * from kept");
    expect(kinds(await verify())).toEqual([["rolled_back", 11, 20]]);
    // What is written then is not sealed, so that this stays to be seen.
    await leaveEvents(setup, vault, companyId, 2);
    expect(await verify()).toMatchObject({
      sealedTo: 10,
      unsealed: 2,
      findings: [{ kind: "rolled_back", sequence: 13 }],
    });
    expect(mine.sealer.waiting(companyId)).toContain("#20");
    await leaveEvents(setup, vault, companyId, 20);
    expect(kinds(await verify())).toEqual([["rolled_back", 11, 20]]);
    expect(await headOf(setup, companyId)).toEqual({ last: 32, sealed: 10 });
  });

  test("a company whose events were all removed with its head", async () => {
    await run("delete from secret_access_events; delete from secret_access_heads");
    expect(kinds(verdictOf(await mine.verify(), companyId))).toEqual([["rolled_back", 1, 10]]);
  });

  test("rows that were sealed anew after the head was put back and the seals were taken away", async () => {
    await run("update secret_access_events set seal = null, consumer_id = 'other' where sequence > 6");
    await run(
      `update secret_access_heads h set sealed_sequence = 6, sealed_head = e.seal
       from secret_access_events e where e.sequence = 6`,
    );
    expect(kinds(await verify())).toEqual([["rolled_back", 7, 10]]);
    expect(await headOf(setup, companyId)).toMatchObject({ sealed: 6 });
  });

  test("a chain that goes on after a break is sealed further, and stays broken where it was", async () => {
    await run("update secret_access_events set secret_key = 'other' where sequence = 4");
    await ten();
    expect(await verify()).toMatchObject({ checked: 20, unsealed: 0, findings: [{ kind: "changed", sequence: 4 }] });
    expect((await run("select details from activity_log order by created_at desc limit 1")).rows[0]).toMatchObject({
      details: { findings: 1, first: { kind: "changed", sequence: 4, until: 4 } },
    });
  });
});

describe("the file of the instance", () => {
  beforeEach(() => ten());
  const content = async () => JSON.parse(await readFile(mine.heads.file, "utf8")) as unknown;

  test("is 0600, names sequence and seal of each company, and holds no key", async () => {
    const { rows } = await run("select seal from secret_access_events where sequence = 10");
    expect(await content()).toMatchObject({ version: 1 });
    expect(Object.values(((await content()) as { chains: object }).chains)).toEqual([
      { [companyId]: { sequence: 10, seal: rows[0].seal } },
    ]);
    expect((await stat(mine.heads.file)).mode & 0o777).toBe(0o600);
    const text = await readFile(mine.heads.file, "utf8");
    expect(text).not.toContain(vault.auditKey().toString("hex"));
  });

  test("that is missing is said, and written anew after a verification that found nothing", async () => {
    await rm(mine.heads.file);
    expect(await mine.verify()).toMatchObject({ broken: false, file: { state: "missing" } });
    expect(await mine.verify()).toMatchObject({ broken: false, file: { state: "ok" } });
    await rm(mine.heads.file);
    await run("update secret_access_events set secret_key = 'other' where sequence = 4");
    expect(await mine.verify()).toMatchObject({ broken: true, file: { state: "missing" } });
    await expect(readFile(mine.heads.file)).rejects.toThrow("ENOENT");
  });

  test.each(["", "{", '{"version":1}', '{"version":1,"chains":{"a":{"b":{"sequence":1,"seal":null}}}}'])(
    "that is damaged (%s) is an error with a way out, and is left as it is; events go on being written",
    async (text) => {
      await writeFile(mine.heads.file, text);
      await leaveEvents(setup, vault, companyId, 1);
      const result = await mine.verify();
      expect(result.file).toMatchObject({ state: "damaged", message: expect.stringContaining(mine.heads.file) });
      expect(result.file.next).toContain("remove it");
      expect(verdictOf(result, companyId)).toMatchObject({ checked: 11, unsealed: 1, findings: [] });
      expect(mine.sealer.waiting(companyId)).toContain("damaged");
      expect(await readFile(mine.heads.file, "utf8")).toBe(text);
      await rm(mine.heads.file);
      expect(verdictOf(await mine.verify(), companyId)).toMatchObject({ sealedTo: 11, unsealed: 0 });
      expect(mine.sealer.waiting(companyId)).toBeNull();
    },
  );

  test("that cannot be written keeps nobody from verifying", async () => {
    if (process.getuid?.() === 0) return;
    await rm(mine.heads.file);
    await chmod(setup.secretsDirectory, 0o500);
    expect(await mine.verify()).toMatchObject({ broken: false, file: { state: "missing" } });
    await chmod(setup.secretsDirectory, 0o700);
  });

  test("is replaced by a restore that says so", async () => {
    await ten();
    await run("delete from secret_access_events where sequence > 10");
    const { rows } = await run(
      `update secret_access_heads h set last_sequence = 10, sealed_sequence = 10, sealed_head = e.seal
       from secret_access_events e where e.sequence = 10 returning sealed_head`,
    );
    expect(kinds(await verify())).toEqual([["rolled_back", 11, 20]]);
    const [chainId = ""] = Object.keys(((await content()) as { chains: object }).chains);
    await mine.heads.replace(chainId, new Map([[companyId, { sequence: 10, seal: rows[0].sealed_head }]]));
    expect(kinds(await verify())).toEqual([]);
  });

  test("of another database says nothing of this one", async () => {
    const other = await secretsSetup();
    try {
      const theirs = await other.open();
      await theirs.makeReady();
      const result = await owner(other, theirs, { heads: mine.heads }).verify();
      expect(result).toMatchObject({ broken: false, companies: [] });
    } finally {
      await other.close();
    }
  });
});

test("a locked vault refuses to verify, and what was written meanwhile is sealed once it is open", async () => {
  await ten();
  await mine.sealer.stop();
  const key = await readFile(setup.keyFile);
  await rm(setup.keyFile);
  const locked = await setup.open();
  const other = owner(setup, locked);
  await leaveEvents(setup, locked, companyId, 3);
  await other.sealer.sealAll();
  expect(await refusalOf(other.verify())).toMatchObject({ code: "vault_locked" });
  expect(other.sealer.waiting(companyId)).toContain("locked");
  expect(await headOf(setup, companyId)).toEqual({ last: 13, sealed: 10 });
  await writeFile(setup.keyFile, key, { mode: 0o600 });
  expect(verdictOf(await other.verify(), companyId)).toMatchObject({ sealedTo: 13, unsealed: 0, findings: [] });
  await other.sealer.stop();
});

test("whoever has the audit key can forge, and nobody else", async () => {
  await ten();
  const { rows } = await run("select * from secret_access_events where sequence = 9");
  const forged = sealOf(Buffer.alloc(32), { companyId, sequence: 10, previous: rows[0].seal }, []);
  await run("update secret_access_events set seal = $1 where sequence = 10", [forged]);
  expect(kinds(await verify()).map(([, sequence]) => sequence)).toEqual([10, 10]);
});

test("a verification that its caller leaves gives its connection back", async () => {
  await ten();
  for (let round = 0; round < 12; round += 1) {
    const events = verifyAudit(mine.services, companyId);
    await events.next();
    await events.return();
  }
  expect(await verify()).toMatchObject({ checked: 10 });
});
