import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type { EnvInput, Layer } from "../../../preload/contract/environment.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { createRoutine } from "../../../main/routines/definition.ts";
import { importEnvFile, previewImport } from "../../../main/routines/env-import.ts";
import { findConsumer } from "../../../main/routines/consumers.ts";
import { deleteSecret } from "../../../main/secrets/store.ts";
import { createAgent } from "../../../main/work/agents.ts";
import { createCompany } from "../../../main/work/companies.ts";
import { createProject } from "../../../main/work/projects.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";
import { takingName } from "./held-back.ts";

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
  await createAgent(world.database.orm, companyId, { name: "coder", adapter: "claude" });
});

const services = (strictMode = true) => ({
  database: world.database,
  vault: world.vault,
  clock: systemClock,
  strictMode: () => strictMode,
});
const input = (text: string, choices: object = {}) => ({
  companyId,
  layer: "agent" as const,
  target: "coder",
  text,
  ...choices,
});
const preview = (text: string, choices?: object, strict?: boolean) =>
  previewImport(services(strict), input(text, choices));
const apply = (text: string, choices?: object, strict?: boolean) =>
  importEnvFile(services(strict), input(text, choices));
const envOf = async (layer: Layer = "agent", target = "coder") =>
  (await findConsumer(world.database.orm, companyId, layer, target)).env;
const outcomes = async (answer: ReturnType<typeof preview>) =>
  Object.fromEntries(
    (await answer).rows.map(({ key, outcome, secretKey }) => [key, secretKey ? `${outcome} ${secretKey}` : outcome]),
  );
const secretIn = (key: string, value: string) => world.secret({ ...world.acme, id: companyId }, key, value);

describe("importing a .env file", () => {
  test("shows what it would do, does it in one, and nothing the second time; no answer or record has a value", async () => {
    const text = "GH_TOKEN='hush one'\nLOG_LEVEL=debug\nCOPY=hush-x\nALSO_TOKEN=\"hush one\"\n";
    const before = await world.rowCounts();
    const expected = {
      GH_TOKEN: "new_secret gh-token",
      LOG_LEVEL: "plain",
      COPY: "plain",
      ALSO_TOKEN: "existing_secret gh-token",
    };
    expect(await outcomes(preview(text))).toEqual(expected);
    expect(await world.rowCounts()).toEqual(before);
    const done = await apply(text);
    expect(done).toMatchObject({ applied: true, layer: "agent", targetName: "coder" });
    expect(await outcomes(Promise.resolve(done))).toEqual(expected);
    expect(done.notes.join()).toContain("delete it");
    const env = await envOf();
    expect(env).toMatchObject({ LOG_LEVEL: { type: "plain", value: "debug" }, GH_TOKEN: { type: "secret_ref" } });
    expect(env["ALSO_TOKEN"]).toEqual(env["GH_TOKEN"]);
    expect((await world.rowCounts())["bindings"]).toBe((before["bindings"] ?? 0) + 2);
    const counts = await world.rowCounts();
    expect(await outcomes(apply(text))).toEqual({
      GH_TOKEN: "unchanged gh-token",
      LOG_LEVEL: "unchanged",
      COPY: "unchanged",
      ALSO_TOKEN: "unchanged gh-token",
    });
    expect(await world.rowCounts()).toEqual(counts);
    const { rows } = await world.database.pool.query("select details from activity_log where company_id = $1", [
      companyId,
    ]);
    expect(JSON.stringify([done, await preview(text), rows])).not.toMatch(/hush one|hush-x|debug/);
  });

  test("refers to a secret that holds the same value, whatever its key", async () => {
    await secretIn("there", "hush-there");
    await secretIn("gh-token", "hush-other");
    expect(await outcomes(apply("A_TOKEN=hush-there\nWORD=hush-there\nGH_TOKEN=hush-new"))).toEqual({
      A_TOKEN: "existing_secret there",
      WORD: "existing_secret there",
      GH_TOKEN: "new_secret coder-gh-token",
    });
  });

  test("leaves in place what the env has, unless it is to be replaced, and seals what stands there in clear", async () => {
    const env: EnvInput = { MODE: "old", GH_TOKEN: "hush-clear", GL_TOKEN: "hush-old", KEPT: "kept" };
    await createAgent(world.database.orm, companyId, { name: "full", adapter: "claude", env }, false);
    const text = "MODE=new\nGH_TOKEN=hush-clear\nGL_TOKEN=hush-new\n";
    const target = { target: "full" };
    expect(await outcomes(apply(text, target))).toEqual({
      MODE: "conflict",
      GH_TOKEN: "new_secret gh-token",
      GL_TOKEN: "conflict",
    });
    expect(await envOf("agent", "full")).toMatchObject({ MODE: { value: "old" }, GL_TOKEN: { value: "hush-old" } });
    expect((await apply(text, { ...target, replace: true })).rows).toMatchObject([
      { key: "MODE", outcome: "plain", replaces: true },
      { key: "GH_TOKEN", outcome: "unchanged", replaces: false },
      { key: "GL_TOKEN", outcome: "new_secret", replaces: true },
    ]);
    expect(await envOf("agent", "full")).toMatchObject({
      MODE: { value: "new" },
      KEPT: { value: "kept" },
      GL_TOKEN: { type: "secret_ref" },
    });
  });

  test("goes by what is chosen, within strict mode", async () => {
    const text = "MODE=production\nPORT=80\nGH_TOKEN=hush-clear\nGL_TOKEN=abc\nPAPERCLIP_RUN_ID=1\n";
    expect(await outcomes(preview(text, { allSecret: true, plain: ["GH_TOKEN"] }))).toEqual({
      MODE: "new_secret mode",
      PORT: "plain",
      GH_TOKEN: "refused",
      GL_TOKEN: "refused",
      PAPERCLIP_RUN_ID: "refused",
    });
    expect(await outcomes(apply(text, { secret: ["MODE"], plain: ["GH_TOKEN"] }, false))).toEqual({
      MODE: "new_secret mode",
      PORT: "plain",
      GH_TOKEN: "plain",
      GL_TOKEN: "plain",
      PAPERCLIP_RUN_ID: "refused",
    });
    expect(Object.keys(await envOf()).toSorted()).toEqual(["GH_TOKEN", "GL_TOKEN", "MODE", "PORT"]);
  });

  test("goes into projects and routines as well; of a routine it is a revision", async () => {
    const { orm } = world.database;
    await createProject(orm, companyId, { name: "site" });
    const note = { actor: OPERATOR, now: systemClock.now(), changeSummary: null, companyId };
    await createRoutine(world.database, { ...note, routine: { title: "Nightly" } });
    await apply("GH_TOKEN=hush-one", { layer: "project", target: "site" });
    await apply("GH_TOKEN=hush-one", { layer: "routine", target: "Nightly" });
    expect((await envOf("routine", "Nightly"))["GH_TOKEN"]).toEqual((await envOf("project", "site"))["GH_TOKEN"]);
    const { rows } = await world.database.pool.query(
      "select change_summary from routine_revisions where company_id = $1 and revision_number = 2",
      [companyId],
    );
    expect(rows).toEqual([{ change_summary: "Imported 1 key from a .env file" }]);
  });

  test("refuses a file that it does not understand with its lines, and a target that is not there", async () => {
    const broken = apply("A=1\nhush hush\nB='hush");
    await expect(broken).rejects.toMatchObject({
      code: "invalid_input",
      message: expect.stringContaining("line 2"),
      data: { fields: { "text.2": expect.any(String), "text.3": expect.any(String) } },
    });
    await expect(broken).rejects.not.toThrow(/hush/);
    await expect(apply("A=1", { target: "nobody" })).rejects.toMatchObject({ code: "agent_missing" });
    const many = Array.from({ length: 501 }, (_, index) => `K${index}=1`).join("\n");
    await expect(apply(many)).rejects.toMatchObject({ code: "invalid_input" });
    expect(await envOf()).toEqual({});
  });

  test("takes what is chosen key by key: left out, replaced or kept", async () => {
    const env: EnvInput = { MODE: "old", LEVEL: "old" };
    await createAgent(world.database.orm, companyId, { name: "full", adapter: "claude", env });
    const text = "MODE=new\nLEVEL=new\nGH_TOKEN=hush-left\nWORD=hush-word";
    const choices = { target: "full", leaveOut: ["GH_TOKEN"], replace: ["MODE"], secret: ["WORD"] };
    const expected = { MODE: "plain", LEVEL: "conflict", GH_TOKEN: "left_out", WORD: "new_secret word" };
    expect(await outcomes(preview(text, choices))).toEqual(expected);
    expect(await outcomes(apply(text, choices))).toEqual(expected);
    expect(Object.keys(await envOf("agent", "full")).toSorted()).toEqual(["LEVEL", "MODE", "WORD"]);
    expect((await preview(text, choices)).rows).toMatchObject([
      { plainAllowed: true, sealable: false },
      { plainAllowed: true, sealable: false },
      { plainAllowed: false, sealable: true },
      { plainAllowed: true, sealable: true },
    ]);
  });

  test("shows before what would not be saved, and leaves it out instead of failing", async () => {
    await secretIn("named", "hush-named");
    const text = `MEANT=secret:named\nHALF=x\uD800\nLONG=${"word ".repeat(14_000)}\nNUL=a\0b\nGH_TOKEN=hush\0first\nMY_KEY=${"k".repeat(65_537)}\nOK=1`;
    const shown = await preview(text);
    expect(shown.rows).toMatchObject([
      { key: "MEANT", outcome: "refused", why: expect.stringContaining("named") },
      { key: "HALF", outcome: "refused", why: expect.stringContaining("Unicode") },
      { key: "LONG", outcome: "refused", why: expect.stringContaining("bytes") },
      { key: "NUL", outcome: "refused", why: expect.stringContaining("NUL") },
      { key: "GH_TOKEN", outcome: "refused", why: expect.stringContaining("NUL") },
      { key: "MY_KEY", outcome: "refused", why: expect.stringContaining("64 KiB") },
      { key: "OK", outcome: "plain" },
    ]);
    expect((await apply(text)).rows).toEqual(shown.rows);
    expect(Object.keys(await envOf())).toEqual(["OK"]);
  });

  test("refuses in the preview already where the env could not be saved for what is not of the file", async () => {
    const dead = await secretIn("dead", "hush-dead");
    const env: EnvInput = { DEAD: { type: "secret_ref", secretId: dead } };
    await createAgent(world.database.orm, companyId, { name: "stuck", adapter: "claude", env });
    await deleteSecret(world.services, { companyId, secret: "dead" });
    const refused = { code: "secret_deleted", message: expect.stringContaining("DEAD") };
    await expect(preview("OK=1", { target: "stuck" })).rejects.toMatchObject(refused);
    await expect(apply("OK=1", { target: "stuck" })).rejects.toMatchObject(refused);
    // The file may be what mends it.
    expect(await outcomes(apply("DEAD=alive", { target: "stuck", replace: true }))).toEqual({ DEAD: "plain" });
  });

  test("of 500 lines with CRLF and a byte order mark is one change, and one line more is refused", async () => {
    const lines = Array.from({ length: 500 }, (_, index) =>
      index % 10 ? `WORD_${index}=w` : `KEY_${index}_TOKEN=hush-${index}`,
    );
    const text = `\uFEFF${lines.join("\r\n")}\r\nWORD_1=again\r\n`;
    const done = await apply(text);
    expect(done.rows).toHaveLength(500);
    expect(done.notes[0]).toContain("Line 501: WORD_1");
    const env = await envOf();
    expect(Object.keys(env)).toHaveLength(500);
    expect(env["WORD_1"]).toEqual({ type: "plain", value: "again" });
    expect((await apply(text)).rows.every(({ outcome }) => outcome === "unchanged")).toBe(true);
    const more = { code: "invalid_input", message: expect.stringContaining("too many keys") };
    await expect(preview(`${text}ONE_MORE=1`)).rejects.toMatchObject(more);
    await expect(apply(`${text}ONE_MORE=1`)).rejects.toMatchObject(more);
  });

  test("finds another name where somebody takes the one that was free", async () => {
    const other = await takingName(world, companyId, "gh-token");
    const importing = apply("GH_TOKEN=hush-mine");
    await other.commitWhenWaitedFor();
    expect(await outcomes(importing)).toEqual({ GH_TOKEN: "new_secret coder-gh-token" });
  });

  test("is all or nothing", async () => {
    const before = await world.rowCounts();
    const { pool } = world.database;
    // The first key is sealed; then the env cannot be saved.
    await pool.query(`create function fail_here() returns trigger language plpgsql as $$ begin raise exception 'killed'; end $$;
      create trigger fail_here before update on agents for each row execute function fail_here()`);
    await expect(apply("GH_TOKEN=hush-first\nMODE=x")).rejects.toThrow(/Failed query/);
    await pool.query("drop trigger fail_here on agents; drop function fail_here()");
    expect(await envOf()).toEqual({});
    expect((await world.rowCounts())["bindings"]).toBe(before["bindings"]);
    expect(await outcomes(preview("GH_TOKEN=hush-first"))).toEqual({ GH_TOKEN: "new_secret gh-token" });
  });
});
