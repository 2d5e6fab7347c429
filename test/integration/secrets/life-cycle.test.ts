import { randomUUID } from "node:crypto";
import fc from "fast-check";
import { afterAll, beforeAll, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { getSecret } from "../../../main/secrets/listing.ts";
import { syncBindings } from "../../../main/secrets/references.ts";
import { resolveReferences } from "../../../main/secrets/resolution.ts";
import { createSecret, deleteSecret, rotateSecret, setSecretStatus } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { destroyVersion, disableVersion, enableVersion, rollbackSecret } from "../../../main/secrets/versions.ts";
import type { VersionSelector } from "../../../preload/contract/environment.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let vault: Vault;
let companyId: string;
beforeAll(async () => {
  setup = await secretsSetup();
  vault = await setup.open();
  companyId = await insertCompany(setup.database);
});
afterAll(() => setup.close());

type Status = "active" | "disabled" | "archived" | "deleted";
interface ModelVersion {
  value: string | null;
  state: "usable" | "disabled" | "destroyed";
}
/** What the rules say, written down without a database: version N stands at N - 1. */
interface Model {
  status: Status;
  versions: ModelVersion[];
}

type Command =
  | { kind: "rotate"; value: string }
  | { kind: "rollback" | "disableVersion" | "enableVersion" | "destroyVersion"; version: number }
  | { kind: "status"; status: "active" | "disabled" | "archived" }
  | { kind: "delete" };

// Few values, so that equal ones meet.
const value = fc.constantFrom("first value", "second value", "third value");
const command: fc.Arbitrary<Command> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant("rotate" as const), value }) },
  {
    weight: 8,
    arbitrary: fc.record({
      kind: fc.constantFrom(
        "rollback" as const,
        "disableVersion" as const,
        "enableVersion" as const,
        "destroyVersion" as const,
      ),
      version: fc.integer({ min: 1, max: 5 }),
    }),
  },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant("status" as const),
      status: fc.constantFrom("active" as const, "active" as const, "disabled" as const, "archived" as const),
    }),
  },
  { weight: 1, arbitrary: fc.constant({ kind: "delete" as const }) },
);

/** Does to the model what the command should do, and answers with the code that it should be refused with, or null. */
function expected(model: Model, step: Command): string | null {
  if (model.status === "deleted") return "secret_deleted";
  if (step.kind === "delete") {
    Object.assign(model, { status: "deleted", versions: [] });
    return null;
  }
  if (step.kind === "status") {
    model.status = step.status;
    return null;
  }
  if (step.kind === "rotate") {
    if (model.status !== "active") return "secret_inactive";
    model.versions.push({ value: step.value, state: "usable" });
    return null;
  }
  const version = model.versions[step.version - 1];
  if (!version) return "version_missing";
  if (step.kind === "rollback") {
    if (model.status !== "active") return "secret_inactive";
    if (version.state !== "usable") return "version_inactive";
    if (version.value === model.versions.at(-1)?.value) return "version_current";
    model.versions.push({ value: version.value, state: "usable" });
    return null;
  }
  if (step.kind === "destroyVersion") {
    Object.assign(version, { value: null, state: "destroyed" });
    return null;
  }
  if (version.state === "destroyed") return "version_inactive";
  version.state = step.kind === "disableVersion" ? "disabled" : "usable";
  return null;
}

/** What a run should get: the value, or the code it is refused with. */
function answerOf({ status, versions }: Model, selector: VersionSelector): string {
  if (status === "deleted") return "secret_deleted";
  if (status !== "active") return "secret_inactive";
  const version = selector === "latest" ? versions.at(-1) : versions[selector - 1];
  if (!version) return "version_missing";
  return version.state === "usable" && version.value !== null ? version.value : "version_inactive";
}

async function carryOut(secret: string, step: Command): Promise<void> {
  const store = setup.store(vault);
  const one = { companyId, secret };
  if (step.kind === "delete") await deleteSecret(store, one);
  else if (step.kind === "status") await setSecretStatus(store, { ...one, status: step.status });
  else if (step.kind === "rotate") await rotateSecret(store, { ...one, value: step.value });
  else {
    const work = { rollback: rollbackSecret, disableVersion, enableVersion, destroyVersion }[step.kind];
    await work(store, { ...one, version: step.version });
  }
}

async function answers(secretId: string, selectors: readonly VersionSelector[]): Promise<(string | undefined)[]> {
  const resolved = await resolveReferences(
    setup.database,
    vault,
    { companyId, actor: { type: "user", id: null }, runId: null, heartbeatRunId: null, sheetId: null },
    selectors.map((version) => ({
      key: "K",
      layer: "agent",
      consumerType: "agent",
      consumerId: secretId,
      configPath: "env.K",
      secretId,
      version,
    })),
  );
  return resolved.map((one) => (one.ok ? one.value : one.code));
}

test("whatever is done to a secret, each step and each reading is as the rules say", async () => {
  await fc.assert(
    fc.asyncProperty(value, fc.array(command, { maxLength: 14 }), async (first, steps) => {
      const model: Model = { status: "active", versions: [{ value: first, state: "usable" }] };
      const { id } = await createSecret(setup.store(vault), { companyId, key: randomUUID(), value: first });
      // The consumer has the id of the secret, so that each secret has one of its own.
      await syncBindings(
        setup.database.orm,
        { companyId, type: "agent", id },
        { K: { type: "secret_ref", secretId: id, version: "latest" } },
      );
      for (const step of steps) {
        const refused = await carryOut(id, step).then(
          () => null,
          (error: unknown) => asRefusal(error)?.code ?? error,
        );
        expect({ step, refused }).toEqual({ step, refused: expected(model, step) });
        const { versions, latestVersion } = await getSecret(setup.database.orm, companyId, id);
        const numbers = model.versions.map((_, index) => index + 1);
        expect(versions.map(({ version }) => version)).toEqual(numbers.toReversed());
        // A deleted secret has no version, and keeps the number of its last one.
        expect(model.status === "deleted" ? numbers.length : latestVersion).toBe(numbers.length);
        const current = versions.filter(({ status }) => status === "current").map(({ version }) => version);
        expect(current).toEqual(model.versions.at(-1)?.state === "usable" ? [latestVersion] : []);
        const selectors: VersionSelector[] = ["latest", ...numbers, numbers.length + 1];
        expect(await answers(id, selectors)).toEqual(selectors.map((selector) => answerOf(model, selector)));
      }
    }),
    { numRuns: 25 },
  );
}, 60_000);
