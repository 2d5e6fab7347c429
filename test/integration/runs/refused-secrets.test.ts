import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import { runDetailOf } from "../../../main/runs/records.ts";
import type { Worker, WorkerOptions } from "../../../main/runs/worker.ts";
import { listEvents } from "../../../main/secrets/events.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { deleteSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { openVault } from "../../../main/secrets/vault.ts";
import { disableVersion } from "../../../main/secrets/versions.ts";
import { type RunWorld, runWorld } from "../../fixtures/runs.ts";
import { everyRow } from "../secrets/setup.ts";

/*
 * What becomes of a run, from dispatch to its end, whose secret cannot be given to it. What is wrong comes after the run was
 * pinned, as it does in life: an env that is wrong already is not saved.
 */

let world: RunWorld;
let worker: Worker | null;
let key: string;
let value: string;
let secretId: string;
let marker: string;
const refusing: string[] = [];

beforeAll(async () => {
  world = await runWorld();
});
beforeEach(async () => {
  worker = null;
  key = `key-${randomUUID()}`;
  value = `canary-${randomUUID()}`;
  secretId = await world.secret(world.acme, key, value);
  marker = path.join(world.runner.directory, randomUUID());
});
afterEach(async () => {
  for (const undo of refusing.splice(0)) await sql(undo);
  await worker?.stop();
});
afterAll(() => world.close());

const sql = (text: string, values: unknown[] = []) => world.database.pool.query(text, values);
const pinned = (env?: EnvInput) =>
  world.fire(`touch ${marker}; echo "$TOKEN"`, {
    quietly: true,
    env: env ?? { TOKEN: { type: "secret_ref", secret: key } },
  });
const run = async (runId: string, options: Partial<WorkerOptions> = {}) => {
  worker = await world.worker({ scope: "asked", ...options });
  worker.accept(runId);
  await worker.idle();
  return runDetailOf(world.database.orm, world.acme.id, runId);
};
const eventsOf = async (runId: string) =>
  (await listEvents(world.database.orm, { companyId: world.acme.id, run: runId })).events;
/** Changes the sheet that a run was pinned to, as nobody but a writer of the database can. */
const changeSheet = (runId: string, change: string, values: unknown[] = []) =>
  sql(`update run_sheets s set sheet = ${change} from routine_runs r where r.id = $1 and s.id = r.sheet_id`, [
    runId,
    ...values,
  ]);

interface Fault {
  readonly code: string;
  /** What is wrong from now on. */
  spoil(runId: string): Promise<unknown>;
  /** Of a secret that this company does not have, nothing but the id that was asked for is known. */
  readonly nameless?: boolean;
  readonly version?: number;
}

const faults: readonly Fault[] = [
  {
    code: "binding_missing",
    spoil: (runId) => changeSheet(runId, `jsonb_set(s.sheet, '{bindings}', '[]')`),
  },
  {
    code: "secret_missing",
    nameless: true,
    spoil: (runId) => askFor(runId, randomUUID()),
  },
  {
    code: "secret_foreign",
    nameless: true,
    spoil: async (runId) => askFor(runId, await world.secret(world.other, key, `canary-${randomUUID()}`)),
  },
  {
    code: "secret_deleted",
    spoil: () => deleteSecret(world.services, { companyId: world.acme.id, secret: key }),
  },
  {
    code: "secret_inactive",
    spoil: () => setSecretStatus(world.services, { companyId: world.acme.id, secret: key, status: "disabled" }),
  },
  {
    code: "version_missing",
    version: 1,
    spoil: () => sql("delete from company_secret_versions where secret_id = $1", [secretId]),
  },
  {
    code: "version_inactive",
    version: 1,
    spoil: () => disableVersion(world.services, { companyId: world.acme.id, secret: key, version: 1 }),
  },
  {
    code: "provider_error",
    version: 1,
    spoil: () => sql("update company_secrets set provider = 'vault' where id = $1", [secretId]),
  },
];

async function askFor(runId: string, id: string): Promise<void> {
  await changeSheet(runId, "replace(s.sheet::text, $2, $3)::jsonb", [secretId, id]);
  secretId = id;
}

describe("a run is refused before its start, and leaves one event, with", () => {
  test.each(faults)("$code", async ({ code, spoil, nameless = false, version = null }) => {
    const runId = await pinned();
    await spoil(runId);
    const detail = await run(runId);
    const secretKey = nameless ? null : key;
    expect(detail).toMatchObject({
      status: "failed",
      exitCode: null,
      attempts: 1,
      failure: { code, layer: "routine", key: "TOKEN", secretKey, next: expect.any(String) },
    });
    expect(detail.failure?.message).toContain("TOKEN (routine)");
    expect(detail.failure?.message).toContain(nameless ? secretId : key);
    expect(JSON.stringify(detail).includes(key)).toBe(!nameless);
    expect(await eventsOf(runId)).toMatchObject([
      {
        outcome: "failure",
        errorCode: code,
        secretId,
        secretKey,
        secretName: secretKey,
        consumerType: "routine",
        consumerId: detail.routineId,
        consumerName: detail.routineTitle,
        actor: { type: "agent", id: detail.agentId },
        actorName: detail.agentName,
        configPath: "env.TOKEN",
        layer: "routine",
        attemptId: detail.attemptList[0]?.id,
        ...(version === null ? {} : { version }),
      },
    ]);
    await nothingHappened();
  });

  test("vault_locked", async () => {
    const folder = path.join(world.runner.directory, "without a key");
    const keyFile = path.join(folder, "master.key");
    const place = fileKeyPlace({ secretsDirectory: folder, keyFile, keyFileIsDefault: true });
    const vault = await openVault({ database: world.database, clock: world.clock, place });
    const runId = await pinned();
    expect(await run(runId, { vault })).toMatchObject({
      status: "failed",
      failure: { code: "vault_locked", layer: "routine", key: "TOKEN", secretKey: key },
    });
    expect(await eventsOf(runId)).toMatchObject([{ outcome: "failure", errorCode: "vault_locked", version: 1 }]);
    await nothingHappened();
  });

  test("one event for each reference, and the first that is wrong is named", async () => {
    const other = `key-${randomUUID()}`;
    await world.secret(world.acme, other, `canary-${randomUUID()}`);
    const runId = await pinned({
      A_FINE: { type: "secret_ref", secret: other },
      B_DISABLED: { type: "secret_ref", secret: key },
      C_FINE: { type: "secret_ref", secret: other },
    });
    await setSecretStatus(world.services, { companyId: world.acme.id, secret: key, status: "disabled" });
    expect(await run(runId)).toMatchObject({ failure: { code: "secret_inactive", key: "B_DISABLED" } });
    const left = (await eventsOf(runId)).map(({ configPath, errorCode }) => [configPath, errorCode]);
    expect(left.toSorted()).toEqual([
      ["env.A_FINE", null],
      ["env.B_DISABLED", "secret_inactive"],
      ["env.C_FINE", null],
    ]);
    await nothingHappened();
  });
});

describe("an event that cannot be written releases no value:", () => {
  test.each([
    ["the connection is cut in the middle", "perform pg_terminate_backend(pg_backend_pid());", "database_unavailable"],
    ["the database can only be read", "raise 'read only' using errcode = '25006';", "read_only"],
    ["the disk is full", "raise 'no space' using errcode = '53100';", "disk_full"],
    ["the table refuses it", "raise 'refused';", "unexpected"],
  ])("%s", async (_, deed, code) => {
    const runId = await pinned();
    await refuse(deed);
    const detail = await run(runId);
    expect(detail).toMatchObject({ status: "interrupted", exitCode: null, failure: { code }, manifest: [] });
    expect(detail.failure?.message).toContain("before its process was started");
    expect(JSON.stringify(detail)).not.toContain(value);
    expect(await eventsOf(runId)).toEqual([]);
    await nothingHappened();
    const { rows } = await sql("select last_resolved_at from company_secrets where id = $1", [secretId]);
    expect(rows).toEqual([{ last_resolved_at: null }]);
  });

  test("where the routine says that it is safe, the run is tried again and read once", async () => {
    const runId = await world.fire(`touch ${marker}; echo "got $TOKEN"`, {
      quietly: true,
      env: { TOKEN: { type: "secret_ref", secret: key } },
      retry: { maxAttempts: 2, onInterruption: true },
    });
    await refuse(`if new.routine_run_id = '${runId}' and not exists (select from heartbeat_runs where routine_run_id = '${runId}'
      and attempt = 2) then perform pg_terminate_backend(pg_backend_pid()); end if;`);
    const detail = await run(runId);
    expect(detail).toMatchObject({ status: "succeeded", attempts: 2 });
    expect(detail.attemptList.map(({ status, failure }) => [status, failure?.code])).toEqual([
      ["interrupted", "database_unavailable"],
      ["succeeded", undefined],
    ]);
    expect(await eventsOf(runId)).toMatchObject([{ outcome: "success", attemptId: detail.attemptList[1]?.id }]);
  });

  /** Whatever writes an access event from now on meets this. */
  async function refuse(deed: string): Promise<void> {
    await sql(`create function refuse() returns trigger language plpgsql as $$ begin ${deed} return new; end $$`);
    refusing.push("drop function refuse() cascade");
    await sql("create trigger refuse before insert on secret_access_events for each row execute function refuse()");
  }
});

async function nothingHappened(): Promise<void> {
  expect(existsSync(marker)).toBe(false);
  expect(await everyRow(world.database)).not.toContain(value);
}
