import { randomUUID } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { sheetHash } from "../../../main/environment/hash.ts";
import { resolveEnvironment } from "../../../main/environment/resolve.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { changeStatus } from "../../../main/routines/definition.ts";
import { type PreviewServices, previewRun } from "../../../main/routines/preview.ts";
import { createSecret, deleteSecret, rotateSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { openVault } from "../../../main/secrets/vault.ts";
import { launchPlan } from "../../../main/work/adapters/registry.ts";
import { preview as previewSchema } from "../../../preload/contract/routines.ts";
import { testDatabase, type TestDatabase } from "../../fixtures/database.ts";
import { aCompany, anAgent, aProject, clock, refusalOf } from "./fixtures.ts";
import { pinnedSheet } from "../../fixtures/pinned-sheet.ts";

let database: TestDatabase;
let directory: string;
let company: Awaited<ReturnType<typeof aCompany>>;
let services: PreviewServices;
beforeAll(async () => {
  database = await testDatabase();
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-preview-"));
  company = await aCompany(database);
  services = {
    database,
    clock,
    vault: await vaultWith(path.join(directory, "master.key")),
    baseEnvironment: async (passThrough) => ({ PATH: "/nowhere", HOME: directory, ...namesOnly(passThrough) }),
    defaultCwd: directory,
  };
});
afterAll(async () => {
  await database.close();
  await rm(directory, { recursive: true });
});

const vaultWith = (keyFile: string) =>
  openVault({
    database,
    clock,
    place: fileKeyPlace({ keyFile, keyFileIsDefault: false, secretsDirectory: directory }),
  });

const namesOnly = (names: readonly string[]) => Object.fromEntries(names.map((name) => [name, ""]));

const store = () => ({ executor: database.orm, vault: services.vault, clock, actor: OPERATOR });

/** A secret with a value that must never be seen. */
const aRealSecret = async (key: string): Promise<string> =>
  (await createSecret(store(), { companyId: company.companyId, key, value: `canary-${randomUUID()}` })).id;

const preview = async (
  routineId: string,
  options: Parameters<typeof previewRun>[2] = { variables: {} },
  using: Partial<PreviewServices> = {},
) => {
  const shown = await previewRun({ ...services, ...using }, await company.routine(routineId), options);
  expect(JSON.stringify(shown)).not.toContain("canary");
  return previewSchema.parse(shown);
};

const codes = (shown: { problems: { code: string }[] }) => shown.problems.map((problem) => problem.code);

describe("the preview of a run", () => {
  test("shows winners and losers of each key, versions, command and names, and no value", async () => {
    const low = await aRealSecret("preview-low");
    const high = await aRealSecret("preview-high");
    await rotateSecret(store(), { companyId: company.companyId, secret: "preview-high", value: "canary-rotated" });
    const agent = await anAgent(database, company.companyId, {
      name: "Previewer",
      env: {
        TOKEN: { type: "secret_ref", secretId: low, version: "latest" },
        MODE: { type: "plain", value: "canary-a" },
      },
    });
    const project = await aProject(database, company.companyId, { TOKEN: { type: "plain", value: "canary-p" } });
    const routineId = await company.create({
      title: "Look at {{what}}",
      agent,
      project,
      env: { TOKEN: { type: "secret_ref", secretId: high } },
    });
    const shown = await preview(routineId, { variables: { what: "this" } });
    expect(shown).toMatchObject({
      routineId,
      revision: 1,
      title: "Look at this",
      agent: { id: agent, name: "Previewer", adapter: "process", status: "active" },
      project: { id: project },
      env: [
        { key: "MODE", layer: "agent", overrides: [], source: "plain", problem: null },
        {
          key: "TOKEN",
          layer: "routine",
          overrides: ["agent", "project"],
          source: "secret",
          secretId: high,
          secretKey: "preview-high",
          secretStatus: "active",
          selector: "latest",
          version: 2,
          problem: null,
        },
      ],
      baseNames: ["HOME", "PATH"],
      argv: [process.execPath, "-e", ""],
      cwd: directory,
      instructionsVia: "none",
      timeoutSeconds: null,
      problems: [],
    });
    expect(shown.runtimeNames).toContain("PAPERCLIP_RUN_ID");
    expect(shown.runtimeNames).toContain("PAPERCLIP_PROJECT_ID");
  });

  test("has the hash of the run that follows, and another one after each change that matters", async () => {
    const secretId = await aRealSecret("hash-token");
    const routineId = await company.create({ env: { TOKEN: { type: "secret_ref", secretId }, MODE: "one" } });
    const first = await preview(routineId);
    expect((await preview(routineId)).hash).toBe(first.hash);

    const run = await company.run(await company.fire(routineId));
    const sheet = await pinnedSheet(database.orm, company.companyId, run.sheetId ?? "");
    if (!sheet) throw new Error("the run has no sheet");
    const resolved = await resolveEnvironment(
      database,
      services.vault,
      sheet,
      {
        companyId: company.companyId,
        runId: run.id,
        heartbeatRunId: randomUUID(),
        routineId,
        agentId: company.agentId,
        projectId: null,
        sheetId: run.sheetId ?? "",
        trigger: "manual",
        payloadFile: null,
      },
      {},
    );
    expect(resolved.ok).toBe(true);
    expect(sheetHash(resolved.manifest, launchPlan(sheet.agent, { cwd: directory }))).toBe(first.hash);

    const hashes = [first.hash];
    await company.update(routineId, { env: { TOKEN: { type: "secret_ref", secretId }, MODE: "two" } });
    expect((await preview(routineId)).hash).toBe(first.hash);
    await company.update(routineId, { env: { TOKEN: { type: "secret_ref", secretId } } });
    hashes.push((await preview(routineId)).hash);
    await rotateSecret(store(), { companyId: company.companyId, secret: "hash-token", value: "canary-next" });
    hashes.push((await preview(routineId)).hash);
    hashes.push((await preview(routineId, { variables: {} }, { defaultCwd: os.tmpdir() })).hash);
    await setSecretStatus(store(), { companyId: company.companyId, secret: "hash-token", status: "disabled" });
    hashes.push((await preview(routineId)).hash);
    expect(new Set(hashes).size).toBe(hashes.length);
  });

  test("takes agent, project and values for one run", async () => {
    const routineId = await company.create({ title: "{{a}}" });
    const agent = await anAgent(database, company.companyId, { name: "Stand-in" });
    const shown = await preview(routineId, { agent: "stand-in", project: company.projectId, variables: { a: "x" } });
    expect(shown).toMatchObject({ title: "x", agent: { id: agent }, project: { id: company.projectId } });
  });
});

describe("what would stop a run", () => {
  test("is all named, first what comes first", async () => {
    const disabled = await aRealSecret("stop-disabled");
    const deleted = await aRealSecret("stop-deleted");
    const agent = await anAgent(database, company.companyId, {
      name: "Stopped",
      status: "paused",
      command: ["no-such-program"],
      env: { A_BIND: { type: "secret_ref", secretId: disabled, version: "latest" } },
    });
    const routineId = await company.create({
      title: "{{needed}}",
      agent,
      env: {
        B_DELETED: { type: "secret_ref", secretId: deleted },
        C_DISABLED: { type: "secret_ref", secretId: disabled },
      },
    });
    await deleteSecret(store(), { companyId: company.companyId, secret: "stop-deleted" });
    await setSecretStatus(store(), { companyId: company.companyId, secret: "stop-disabled", status: "disabled" });
    await changeStatus(database, { ...company.note, routineId, change: "archive" });
    const shown = await preview(routineId);
    expect(codes(shown)).toEqual([
      "routine_archived",
      "agent_inactive",
      "variable_missing",
      "secret_inactive",
      "secret_deleted",
      "secret_inactive",
      "command_missing",
    ]);
    expect(shown.title).toBe("{{needed}}");
    expect(shown.problems.every((problem) => problem.next !== null)).toBe(true);
    const [, , , , inRoutine] = shown.problems;
    for (const fact of ["B_DELETED", "routine", "stop-deleted"]) expect(inRoutine?.message).toContain(fact);
  });

  test("is a secret without a binding, one without a version, and a folder that is not there", async () => {
    const bound = await aRealSecret("unbound");
    const empty = await company.secret("empty");
    const agent = await anAgent(database, company.companyId, {
      env: { A: { type: "secret_ref", secretId: bound, version: "latest" } },
    });
    const routineId = await company.create({ agent, env: { B: { type: "secret_ref", secretId: empty } } });
    const shown = await preview(routineId, { variables: {} }, { defaultCwd: path.join(directory, "none") });
    expect(codes(shown)).toEqual(["binding_missing", "version_missing", "folder_missing"]);
  });

  test("is a locked vault, which still lets everything else be seen", async () => {
    const secretId = await aRealSecret("behind-lock");
    const routineId = await company.create({ env: { A: { type: "secret_ref", secretId }, B: "b" } });
    const locked = await vaultWith(path.join(directory, "another.key"));
    const shown = await preview(routineId, { variables: {} }, { vault: locked });
    expect(codes(shown)).toEqual(["vault_locked"]);
    expect(shown.env.map((entry) => [entry.key, entry.problem])).toEqual([
      ["A", "vault_locked"],
      ["B", null],
    ]);
  });

  test("is not a program that the env's own PATH leads to", async () => {
    const agent = await anAgent(database, company.companyId, { command: [path.basename(process.execPath)] });
    const routineId = await company.create({ agent });
    expect(codes(await preview(routineId))).toEqual(["command_missing"]);
    await company.update(routineId, { env: { PATH: path.dirname(process.execPath) } });
    expect(codes(await preview(routineId))).toEqual([]);
  });

  test("is a refusal where nothing could be shown", async () => {
    const routineId = await company.create();
    const other = await aCompany(database);
    const variables = {};
    const refused = [
      await refusalOf(preview(routineId, { agent: other.agentId, variables })),
      await refusalOf(preview(routineId, { project: other.projectId, variables })),
    ].map((refusal) => refusal.code);
    await company.update(routineId, { agent: null });
    refused.push((await refusalOf(preview(routineId))).code);
    expect(refused).toEqual(["agent_missing", "project_missing", "routine_without_agent"]);
  });
});
