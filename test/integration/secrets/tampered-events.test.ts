import { createRouterClient } from "@orpc/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { AuditResult } from "../../../preload/contract/audit.ts";
import { auditProcedures } from "../../../main/secrets/audit-procedures.ts";
import { listEvents } from "../../../main/secrets/events.ts";
import { secretProcedures } from "../../../main/secrets/procedures.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { noted } from "../../fixtures/unexpected.ts";
import { leaveEvents, owner } from "./audit-setup.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

/*
 * Rows with numbers and instants that no product ever gave out: they are found, and hide nothing of what else there is.
 */

let setup: SecretsSetup;
let vault: Vault;
let companyId: string;
let mine: ReturnType<typeof owner>;
let unexpected: unknown[];

beforeEach(async () => {
  unexpected = [];
  setup = await secretsSetup();
  vault = await setup.open();
  await vault.makeReady();
  companyId = await insertCompany(setup.database);
  mine = owner(setup, vault);
  await leaveEvents(setup, vault, companyId, 3);
  await mine.sealer.sealAll();
});
afterEach(async () => {
  await mine.sealer.stop();
  await setup.close();
});

test.each(["infinity", "-infinity", "11111-01-01"])("at %s", async (instant) => {
  await setup.database.pool.query("update secret_access_events set created_at = $1 where sequence = 2", [instant]);
  const { events } = await listEvents(setup.database.orm, { companyId });
  expect(events.map((event) => event.sequence)).toEqual([3, 2, 1]);
  expect(events[1]?.createdAt).toMatch(/^\d{4}-\d\d-\d\dT/);
});

test.each(["9223372036854775807", "9007199254740993", "0", "-5", "-9223372036854775808"])("%s", async (sequence) => {
  await setup.database.pool.query(
    `insert into secret_access_events (id, company_id, sequence, actor_type, consumer_type, consumer_id, outcome)
       values (gen_random_uuid(), $1, ${sequence}, 'agent', 'agent', 'x', 'success')`,
    [companyId],
  );
  const context = { host: "in-process" as const, reportUnexpected: noted(unexpected) };
  const findCompany = async () => ({ id: companyId });
  const audit = createRouterClient(auditProcedures({ ...mine.services, findCompany }), { context });
  const secrets = createRouterClient(
    secretProcedures({ database: setup.database, vault, clock: systemClock, findCompany, keySources: async () => [] }),
    { context },
  );
  let result: AuditResult | null = null;
  for await (const event of await audit.verify({})) if (event.type === "result") result = event.result;
  expect(result?.companies[0]).toMatchObject({ broken: true, checked: 4 });
  expect(result?.companies[0]?.findings[0]?.message).toContain("#");
  const { events } = await secrets.events({});
  expect(events.map((event) => event.sequence)).toEqual(expect.arrayContaining([3, 2, 1]));
  expect(
    (await listEvents(setup.database.orm, { companyId, until: new Date().toISOString() })).events.length,
  ).toBeGreaterThan(2);
  expect(await audit.status({})).toMatchObject({ lastSequence: 3, last: { broken: true } });
  expect(unexpected).toEqual([]);
});
