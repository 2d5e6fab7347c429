import { noted } from "../../fixtures/unexpected.ts";
import { createRouterClient, ORPCError } from "@orpc/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { CallContext } from "../../../main/contract/implementer.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { secretProcedures } from "../../../main/secrets/procedures.ts";
import { type SecretsSetup, canary, insertCompany, secretsSetup } from "./setup.ts";

let setup: SecretsSetup;
let client: ReturnType<typeof clientOf>;
const unexpected: unknown[] = [];
const context: CallContext = { host: "in-process", reportUnexpected: noted(unexpected) };
const clientOf = (router: ReturnType<typeof secretProcedures>) => createRouterClient(router, { context });

beforeAll(async () => {
  setup = await secretsSetup();
  const companyId = await insertCompany(setup.database);
  client = clientOf(
    secretProcedures({
      database: setup.database,
      vault: await setup.open(),
      clock: systemClock,
      findCompany: async () => ({ id: companyId }),
      keySources: async () => [],
    }),
  );
});
afterAll(() => setup.close());

describe("the procedures", () => {
  test("lead a secret through its life, and never show a value", async () => {
    const value = canary();
    const answers: unknown[] = [
      await client.create({ key: "GH_TOKEN", value }),
      await client.rotate({ secret: "gh_token", value, note: "again" }),
      await client.update({ secret: "gh_token", name: "Forge" }),
      await client.disable({ secret: "Forge" }),
      await client.enable({ secret: "Forge" }),
      await client.archive({ secret: "Forge" }),
      await client.list({}),
      await client.list({ status: "archived" }),
      await client.get({ secret: "gh_token" }),
      await client.usage({ secret: "gh_token" }),
      await client.delete({ secret: "gh_token" }),
      await client.events({ secret: "gh_token" }),
      await client.health(),
    ];
    expect(answers).toMatchObject([
      { key: "gh_token", latestVersion: 1 },
      { latestVersion: 2 },
      { name: "Forge" },
      { status: "disabled" },
      { status: "active" },
      { status: "archived" },
      { secrets: [] },
      { secrets: [{ key: "gh_token" }] },
      { versions: [{ version: 2 }, { version: 1 }] },
      { usage: [] },
      { deleted: true },
      { events: [], nextCursor: null },
      { state: "ready", counts: { secrets: 0, versions: 0 } },
    ]);
    expect(JSON.stringify(answers)).not.toContain(value);
    expect(unexpected).toEqual([]);
  });

  test("answer a refusal as an error of the contract, without the value", async () => {
    const value = `${canary()}\0`;
    const error: unknown = await client.create({ key: "k", value }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(ORPCError);
    expect(error).toMatchObject({ code: "secret_value_invalid", status: 422, defined: true });
    expect(JSON.stringify(error)).not.toContain(value.slice(0, 20));
    await expect(client.get({ secret: "nothing" })).rejects.toMatchObject({ code: "secret_missing", status: 404 });
    expect(unexpected).toEqual([]);
  });
});
