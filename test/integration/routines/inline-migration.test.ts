import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { InlineFinding } from "../../../preload/contract/inline-secrets.ts";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { changeStatus, createRoutine, updateRoutine } from "../../../main/routines/definition.ts";
import { migrateInline, previewMigration } from "../../../main/routines/inline-migration.ts";
import { findRoutine } from "../../../main/routines/lookup.ts";
import { listRevisions } from "../../../main/routines/revisions.ts";
import { listSecrets } from "../../../main/secrets/listing.ts";
import { deleteSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { resolveReferences } from "../../../main/secrets/resolution.ts";
import { createAgent, updateAgent } from "../../../main/work/agents.ts";
import { createCompany } from "../../../main/work/companies.ts";
import { findAgent, findProject } from "../../../main/work/lookup.ts";
import { createProject } from "../../../main/work/projects.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";
import { heldBack, takingName } from "./held-back.ts";

let world: WorkWorld;
let companyId: string;
let made = 0;
beforeAll(async () => {
  world = await workWorld();
});
afterAll(() => world.close());
beforeEach(async () => {
  made += 1;
  ({ id: companyId } = await createCompany(world.database.orm, { name: `Company ${made}` }));
});

const services = () => ({ database: world.database, vault: world.vault, clock: systemClock, strictMode: () => true });
const preview = () => previewMigration(services(), companyId);
const migrate = () => migrateInline(services(), companyId);
const orm = () => world.database.orm;
const note = () => ({ actor: OPERATOR, now: systemClock.now(), changeSummary: null, companyId });

const agent = (name: string, env: EnvInput) => createAgent(orm(), companyId, { name, adapter: "claude", env }, false);
const project = (name: string, env: EnvInput) => createProject(orm(), companyId, { name, env }, false);
const routine = (title: string, env: EnvInput) =>
  createRoutine(world.database, { ...note(), routine: { title, env }, strict: false });
const keys = async () =>
  (await listSecrets(orm(), { companyId, status: "all" })).secrets.map(({ key }) => key).toSorted();
const short = ({ layer, consumerName, key, outcome, secretKey }: InlineFinding) =>
  [layer, consumerName, key, outcome, secretKey].join(" ");

/** Everything that a change would change. */
async function state(): Promise<unknown> {
  const { rows } = await world.database.pool.query(
    `select (select json_agg(a order by id) from agents a where company_id = $1) agents,
      (select json_agg(p order by id) from projects p where company_id = $1) projects,
      (select json_agg(r order by id) from routines r where company_id = $1) routines,
      (select json_agg(v order by id) from routine_revisions v where company_id = $1) revisions,
      (select json_agg(s order by id) from company_secrets s where company_id = $1) secrets,
      (select json_agg(b order by id) from company_secret_bindings b where company_id = $1) bindings,
      (select count(*)::int from activity_log where company_id = $1) activity`,
    [companyId],
  );
  return rows[0];
}

async function valueOf(consumerType: "agent" | "project" | "routine", consumerId: string, key: string) {
  const { rows } = await world.database.pool.query<{ secret_id: string }>(
    "select secret_id from company_secret_bindings where target_id = $1 and config_path = $2",
    [consumerId, `env.${key}`],
  );
  const context = { companyId, actor: OPERATOR, runId: null, heartbeatRunId: null, sheetId: null };
  const secretId = rows[0]?.secret_id ?? "";
  const version = "latest" as const;
  const request = { key, layer: consumerType, consumerType, consumerId, configPath: `env.${key}`, secretId, version };
  const [resolved] = await resolveReferences(world.database, world.vault, context, [request]);
  return resolved?.ok ? resolved.value : resolved?.code;
}

describe("the inline migration", () => {
  test("shows what it would do and changes nothing, then does just that, and nothing the second time", async () => {
    const coder = await agent("Coder", {
      GH_TOKEN: "hush-hush",
      LOG_LEVEL: "debug",
      URL: "postgres://u:hush-pass@h/d",
    });
    const site = await project("Site", { ALSO_TOKEN: "hush-hush", MY_KEY: "hush-other" });
    const routineId = await routine("Nightly", { GH_TOKEN: "hush-hush", MODE: "x" });
    await updateAgent(orm(), companyId, coder.id, { status: "paused" });
    await changeStatus(world.database, { ...note(), routineId, change: "archive" });

    const before = await state();
    const shown = await preview();
    expect(shown.findings.map(short)).toEqual([
      "agent Coder GH_TOKEN new_secret coder-gh-token",
      "agent Coder URL new_secret coder-url",
      "project Site ALSO_TOKEN existing_secret coder-gh-token",
      "project Site MY_KEY new_secret site-my-key",
      "routine Nightly GH_TOKEN existing_secret coder-gh-token",
    ]);
    expect(await state()).toEqual(before);

    const done = await migrate();
    expect(done.findings).toEqual(shown.findings);
    expect(done.notes.join()).toContain("revisions");
    expect(JSON.stringify([shown, done])).not.toContain("hush");
    expect(await keys()).toEqual(["coder-gh-token", "coder-url", "site-my-key"]);
    expect((await findAgent(orm(), companyId, "Coder")).env).toMatchObject({
      GH_TOKEN: { type: "secret_ref", version: "latest" },
      LOG_LEVEL: { type: "plain", value: "debug" },
      URL: { type: "secret_ref" },
    });
    expect((await findAgent(orm(), companyId, "Coder")).status).toBe("paused");
    expect(await valueOf("agent", coder.id, "GH_TOKEN")).toBe("hush-hush");
    expect(await valueOf("agent", coder.id, "URL")).toBe("postgres://u:hush-pass@h/d");
    expect(await valueOf("project", site.id, "MY_KEY")).toBe("hush-other");
    expect(await valueOf("routine", routineId, "GH_TOKEN")).toBe("hush-hush");
    const row = await findRoutine(orm(), companyId, routineId);
    expect(row.status).toBe("archived");
    const { revisions } = await listRevisions(orm(), row, {});
    expect(revisions[0]).toMatchObject({ number: 2, changeSummary: "Sealed into secrets: GH_TOKEN" });
    const { rows } = await world.database.pool.query("select details from activity_log where company_id = $1", [
      companyId,
    ]);
    expect(JSON.stringify(rows)).not.toContain("hush");

    const after = await state();
    expect((await migrate()).findings).toEqual([]);
    expect(await state()).toEqual(after);
  });

  test("refers to an active secret of the same value, and to none that is disabled or of another company", async () => {
    const company = { ...world.acme, id: companyId };
    const secretId = await world.secret(company, "there", "hush-there");
    await world.secret(company, "coder-b-key", "hush-off");
    await setSecretStatus(world.services, { companyId, secret: "coder-b-key", status: "disabled" });
    await world.secret(world.other, `foreign-${made}`, "hush-foreign");
    await agent("Coder", { A_KEY: "hush-there", B_KEY: "hush-off", C_KEY: "hush-foreign" });
    expect((await migrate()).findings.map(short)).toEqual([
      "agent Coder A_KEY existing_secret there",
      "agent Coder B_KEY new_secret coder-b-key-2",
      "agent Coder C_KEY new_secret coder-c-key",
    ]);
    const { env } = await findAgent(orm(), companyId, "Coder");
    expect(env["A_KEY"]).toEqual({ type: "secret_ref", secretId, version: "latest" });
  });

  test("skips what cannot be sealed and what cannot be saved, and says why", async () => {
    const company = { ...world.acme, id: companyId };
    const dead = await world.secret(company, "dead", "hush-dead");
    await agent("Short", { GH_TOKEN: "abc", GL_TOKEN: "hush-long" });
    await project("Stuck", { DEAD: { type: "secret_ref", secretId: dead }, GH_TOKEN: "hush-stuck" });
    await deleteSecret(world.services, { companyId, secret: "dead" });
    const shown = await preview();
    expect((await migrate()).findings).toEqual(shown.findings);
    expect(shown.findings).toMatchObject([
      { key: "GH_TOKEN", outcome: "skipped", skipped: expect.stringContaining("fewer than 4"), secretKey: null },
      { key: "GL_TOKEN", outcome: "new_secret" },
      { consumerName: "Stuck", outcome: "skipped", skipped: expect.stringContaining("deleted") },
    ]);
    expect((await findProject(orm(), companyId, "Stuck")).env["GH_TOKEN"]).toEqual({
      type: "plain",
      value: "hush-stuck",
    });
  });

  test("stopped in the middle leaves whole consumers, and finishes without doubles", async () => {
    await agent("One", { GH_TOKEN: "hush-same" });
    await project("Two", { GH_TOKEN: "hush-same", GL_TOKEN: "hush-two" });
    const { pool } = world.database;
    await pool.query(`create function fail_here() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
      create trigger fail_here before update on projects for each row execute function fail_here()`);
    await expect(migrate()).rejects.toThrow(/Failed query/);
    await pool.query("drop trigger fail_here on projects; drop function fail_here()");
    expect(await keys()).toEqual(["one-gh-token"]);
    expect((await findProject(orm(), companyId, "Two")).env).toMatchObject({ GL_TOKEN: { type: "plain" } });
    expect((await migrate()).findings.map(short)).toEqual([
      "project Two GH_TOKEN existing_secret one-gh-token",
      "project Two GL_TOKEN new_secret two-gl-token",
    ]);
    expect(await keys()).toEqual(["one-gh-token", "two-gl-token"]);
  });

  test("does what is chosen and no more, and says of what is gone that it is", async () => {
    const coder = await agent("Coder", { GH_TOKEN: "hush-one", GL_TOKEN: "hush-two", LEFT_TOKEN: "hush-left" });
    await project("Site", { GH_TOKEN: "hush-one" });
    const choice = (key: string) => ({ layer: "agent" as const, consumerId: coder.id, key });
    await updateAgent(orm(), companyId, coder.id, { env: { GH_TOKEN: "hush-one", LEFT_TOKEN: "hush-left" } });
    const done = await migrateInline(services(), companyId, [choice("GH_TOKEN"), choice("GL_TOKEN")]);
    expect(done.findings).toMatchObject([
      { key: "GH_TOKEN", outcome: "new_secret", secretKey: "coder-gh-token" },
      { key: "GL_TOKEN", outcome: "skipped", skipped: expect.stringContaining("any more") },
    ]);
    expect((await preview()).findings.map(short)).toEqual([
      "agent Coder LEFT_TOKEN new_secret coder-left-token",
      "project Site GH_TOKEN existing_secret coder-gh-token",
    ]);
    expect((await migrateInline(services(), companyId, [])).findings).toEqual([]);
  });

  test("goes by what an edit made of the env that was under way, and loses nothing of it", async () => {
    const coder = await agent("Coder", { GH_TOKEN: "hush-old", GL_TOKEN: "hush-gone" });
    const edit = heldBack(world);
    const editing = orm().transaction(async (tx) => {
      await updateAgent(tx, companyId, coder.id, { env: { GH_TOKEN: "hush-new", MORE: "x" } }, false);
      await edit.held();
    });
    await edit.isHeld;
    const migrating = migrate();
    await edit.letGoWhenWaitedFor();
    await editing;
    expect((await migrating).findings.map(short)).toEqual(["agent Coder GH_TOKEN new_secret coder-gh-token"]);
    expect((await findAgent(orm(), companyId, "Coder")).env).toEqual({
      GH_TOKEN: { type: "secret_ref", secretId: expect.any(String), version: "latest" },
      MORE: { type: "plain", value: "x" },
    });
    expect(await valueOf("agent", coder.id, "GH_TOKEN")).toBe("hush-new");
  });

  test("makes a form that was opened before out of date, rather than be undone by it", async () => {
    const routineId = await routine("Nightly", { GH_TOKEN: "hush-hush" });
    const { latestRevisionId } = await findRoutine(orm(), companyId, routineId);
    await migrate();
    const changes = { env: { GH_TOKEN: "hush-hush", MORE: "x" } };
    const stale = updateRoutine(world.database, { ...note(), routineId, changes, baseRevisionId: latestRevisionId });
    await expect(stale).rejects.toMatchObject({ code: "revision_stale" });
    const coder = await agent("Coder", { GH_TOKEN: "hush-hush" });
    await migrate();
    await expect(updateAgent(orm(), companyId, coder.id, changes)).rejects.toMatchObject({ code: "env_plain_secret" });
  });

  test("finds another name where somebody takes the one that was free", async () => {
    await agent("Coder", { GH_TOKEN: "hush-mine" });
    const other = await takingName(world, companyId, "coder-gh-token");
    const migrating = migrate();
    await other.commitWhenWaitedFor();
    expect((await migrating).findings.map(short)).toEqual(["agent Coder GH_TOKEN new_secret coder-gh-token-2"]);
  });

  test("seals the headers of an agent that asks a service, and says what of it only the operator can move", async () => {
    const service = await createAgent(
      orm(),
      companyId,
      {
        name: "Service",
        adapter: "http",
        config: {
          url: "https://agent.example/run?token=hush-address",
          headers: { Authorization: "Bearer hush-bearer", "x-api-key": "hush-header", accept: "text/plain" },
          body: '{"api_key": "hush-body", "text": {{instructions}}}',
        },
      },
      false,
    );
    await routine("Nightly", { X_API_KEY: "plain setting" });
    const before = await state();
    const shown = await preview();
    expect(shown.findings.map(short)).toEqual([
      "agent Service config.body skipped ",
      "agent Service config.headers.Authorization new_secret service-api-token",
      "agent Service config.headers.x-api-key new_secret service-x-api-key",
      "agent Service config.url skipped ",
      "routine Nightly X_API_KEY new_secret nightly-x-api-key",
    ]);
    expect(await state()).toEqual(before);
    const done = await migrate();
    expect(done.findings).toEqual(shown.findings);
    expect(JSON.stringify([shown, done])).not.toContain("hush");
    const { adapterConfig, env } = await findAgent(orm(), companyId, "Service");
    expect(adapterConfig).toMatchObject({
      headers: { Authorization: "Bearer {{env.API_TOKEN}}", "x-api-key": "{{env.X_API_KEY_2}}", accept: "text/plain" },
      body: '{"api_key": "hush-body", "text": {{instructions}}}',
    });
    expect(Object.keys(env).toSorted()).toEqual(["API_TOKEN", "X_API_KEY_2"]);
    expect(await valueOf("agent", service.id, "API_TOKEN")).toBe("hush-bearer");
    expect(await valueOf("agent", service.id, "X_API_KEY_2")).toBe("hush-header");
    const after = await state();
    expect((await migrate()).findings.map(short)).toEqual([
      "agent Service config.body skipped ",
      "agent Service config.url skipped ",
    ]);
    expect(await state()).toEqual(after);
  });

  test("skips what is too long to be sealed", async () => {
    await agent("Long", { MY_KEY: "k".repeat(65_536) });
    await world.database.pool.query(
      `update agents set env = jsonb_set(env, '{MY_KEY,value}', to_jsonb(repeat('k', 65537))) where company_id = $1`,
      [companyId],
    );
    const { findings } = await migrate();
    expect(findings).toMatchObject([{ outcome: "skipped", skipped: expect.stringContaining("bytes of at most") }]);
  });

  test("two at once make no doubles", async () => {
    await agent("One", { GH_TOKEN: "hush-once" });
    await project("Two", { GH_TOKEN: "hush-once" });
    await Promise.all([migrate(), migrate()]);
    expect(await keys()).toEqual(["one-gh-token"]);
  });
});
