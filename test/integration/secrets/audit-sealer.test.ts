import { readFile, rm, writeFile } from "node:fs/promises";
import { afterEach, beforeEach, expect, test } from "vitest";
import { connect } from "../../../main/database/database.ts";
import { auditHeads, type AuditHeads } from "../../../main/secrets/audit-heads.ts";
import type { AuditSealer } from "../../../main/secrets/audit-sealer.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { eventually } from "../../fixtures/conditions.ts";
import { headOf, leaveEvents, owner, verdictOf } from "./audit-setup.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let vault: Vault;
let companyId: string;
let sealers: AuditSealer[];
beforeEach(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
  await vault.makeReady();
  companyId = await insertCompany(setup.database);
  sealers = [];
});
afterEach(async () => {
  for (const sealer of sealers) await sealer.stop();
  await setup.close();
});

function start(...[changes, of = vault]: [changes?: Parameters<typeof owner>[2], of?: Vault]) {
  const started = owner(setup, of, changes);
  sealers.push(started.sealer);
  return started;
}
const sealed = async () => (await headOf(setup, companyId)).sealed;
const seals = async () => {
  const { rows } = await setup.database.pool.query<{ seal: string | null }>(
    "select seal from secret_access_events order by company_id, sequence",
  );
  return rows.map(({ seal }) => seal);
};

test("what is written is sealed because the resolver tells, in batches", async () => {
  const { sealer, verify } = start({ batch: 3 });
  await sealer.sealAll();
  await leaveEvents(setup, vault, companyId, 10);
  await eventually(async () => (await sealed()) === 10);
  expect(verdictOf(await verify(), companyId)).toMatchObject({ sealedTo: 10, unsealed: 0, findings: [] });
});

test("what an earlier process left is sealed at the start", async () => {
  await leaveEvents(setup, vault, companyId, 7);
  start({ batch: 3 });
  await eventually(async () => (await sealed()) === 7);
});

test("two sealers at once seal each event once, and make one chain", async () => {
  const companies = [companyId, await insertCompany(setup.database), await insertCompany(setup.database)];
  for (const company of companies) await leaveEvents(setup, vault, company, 40);
  const others = await Promise.all([setup.open(), setup.open()]);
  const elsewhere = auditHeads(`${setup.root}/elsewhere`);
  const started = [start({ batch: 3 }), ...others.map((one) => start({ batch: 5, heads: elsewhere }, one))];
  for (const company of companies) void leaveEvents(setup, vault, company, 10);
  await Promise.all(started.map(({ sealer }) => sealer.sealAll()));
  await eventually(async () => {
    await Promise.all(started.map(({ sealer }) => sealer.sealAll()));
    const heads = await Promise.all(companies.map((company) => headOf(setup, company)));
    return heads.every(({ last, sealed: to }) => last === 50 && to === 50);
  });
  for (const { verify, log } of started) {
    expect(await verify()).toMatchObject({ checked: 150, broken: false });
    expect(log.lines).toEqual([]);
  }
});

test("killed between the seal and the file, the next start goes on and brings the file up to date", async () => {
  await leaveEvents(setup, vault, companyId, 5);
  const first = start();
  await first.sealer.sealAll();
  const before = await readFile(first.heads.file, "utf8");
  await leaveEvents(setup, vault, companyId, 5);
  await first.sealer.stop();
  expect(await sealed()).toBe(10);
  await writeFile(first.heads.file, before);
  const second = start();
  await second.sealer.sealAll();
  expect(await readFile(second.heads.file, "utf8")).toContain('"sequence": 10');
  expect(await second.verify()).toMatchObject({ broken: false, file: { state: "ok" } });
});

test("killed before the first seal was made, the file knows where the chain began", async () => {
  await leaveEvents(setup, vault, companyId, 5);
  const heads = auditHeads(setup.secretsDirectory);
  const dying: AuditHeads = {
    ...heads,
    advance: async (chainId, to) => {
      await heads.advance(chainId, to);
      throw new Error("killed here");
    },
  };
  const first = start({ heads: dying });
  await eventually(() => first.log.lines.length === 1);
  expect(await sealed()).toBe(0);
  expect(await seals()).toEqual([null, null, null, null, null]);
  expect(await readFile(heads.file, "utf8")).toContain('"sequence": 0');
  const second = start();
  expect(await second.verify()).toMatchObject({ broken: false, file: { state: "ok" }, companies: [{ sealedTo: 5 }] });
});

test("a connection that is cut in the middle of a batch seals nothing of it, and the next pass does", async () => {
  await setup.database.pool.query(`
    create function cut() returns trigger language plpgsql as
      $$ begin perform pg_terminate_backend(pg_backend_pid()); return new; end $$;
    create trigger cut before update of sealed_sequence on secret_access_heads for each row
      when (new.sealed_sequence <> old.sealed_sequence) execute function cut()`);
  await leaveEvents(setup, vault, companyId, 5);
  const { sealer, log, feed, verify } = start();
  await sealer.sealAll();
  expect(await seals()).toEqual([null, null, null, null, null]);
  expect(sealer.waiting(companyId)).toContain("database");
  expect(log.lines).toHaveLength(1);
  await setup.database.pool.query("drop trigger cut on secret_access_heads");
  feed.tell({ topic: "resync", companyId: null, id: null });
  await eventually(async () => (await sealed()) === 5);
  expect(await verify()).toMatchObject({ broken: false });
  expect(sealer.waiting(companyId)).toBeNull();
});

test("a database that can only be read makes events wait, and is told once", async () => {
  await leaveEvents(setup, vault, companyId, 5);
  const name = setup.database.options.database ?? "";
  await setup.database.pool.query(`alter database ${name} set default_transaction_read_only = on`);
  const database = connect(setup.database.options, () => undefined);
  const { sealer, log, verify } = start({ database });
  try {
    for (let round = 0; round < 3; round += 1) await sealer.sealAll();
    expect(log.lines).toHaveLength(1);
    expect(sealer.waiting(companyId)).toContain("only be read");
    expect(await seals()).toEqual([null, null, null, null, null]);
  } finally {
    await setup.database.pool.query(`alter database ${name} reset default_transaction_read_only`);
  }
  await sealer.sealAll();
  expect(await sealed()).toBe(5);
  expect(await verify()).toMatchObject({ broken: false });
  await sealer.stop();
  await database.close();
});

test("events of a locked vault are sealed by whoever opens it, without another event", async () => {
  const key = await readFile(setup.keyFile);
  await rm(setup.keyFile);
  const locked = await setup.open();
  const { sealer } = start({}, locked);
  await leaveEvents(setup, locked, companyId, 3);
  await sealer.sealAll();
  expect(await headOf(setup, companyId)).toEqual({ last: 3, sealed: 0 });
  expect(sealer.waiting(companyId)).toContain("locked");
  await writeFile(setup.keyFile, key, { mode: 0o600 });
  expect(await locked.health()).toMatchObject({ state: "ready" });
  await eventually(async () => (await sealed()) === 3);
  expect(sealer.waiting(companyId)).toBeNull();
});

test("a seal that stands where none was made is kept as it is, so that it is found", async () => {
  await leaveEvents(setup, vault, companyId, 5);
  await setup.database.pool.query("update secret_access_events set seal = repeat('0', 64) where sequence = 3");
  const { sealer, verify } = start();
  await sealer.sealAll();
  expect(await sealed()).toBe(5);
  expect(verdictOf(await verify(), companyId)).toMatchObject({ findings: [{ kind: "changed", sequence: 3 }] });
});

test("an event that was removed before it was sealed does not keep later ones from their seals, and is found", async () => {
  await leaveEvents(setup, vault, companyId, 5);
  await setup.database.pool.query("delete from secret_access_events where sequence = 3");
  const { sealer, verify } = start();
  await sealer.sealAll();
  expect(verdictOf(await verify(), companyId)).toMatchObject({
    unsealed: 0,
    findings: [{ kind: "removed", sequence: 3, until: 3 }],
  });
});

test("a sealer that stops seals what is left", async () => {
  const { sealer } = start();
  await sealer.sealAll();
  await leaveEvents(setup, vault, companyId, 3);
  await sealer.stop();
  expect(await sealed()).toBe(3);
  await leaveEvents(setup, vault, companyId, 3);
  expect(await sealed()).toBe(3);
});
