import { createRouterClient } from "@orpc/server";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { agentProcedures, companyProcedures, projectProcedures } from "../../../main/work/procedures.ts";
import { type WorkWorld, workWorld } from "../../fixtures/work-world.ts";
import { noted } from "../../fixtures/unexpected.ts";

let world: WorkWorld;
let unexpected: unknown[];
beforeAll(async () => {
  world = await workWorld();
  unexpected = [];
});
afterAll(() => world.close());

function client() {
  const baseEnvironment = async () => ({ PATH: "/usr/bin:/bin" });
  const services = { database: world.database, baseEnvironment, defaultCwd: "/", strictMode: () => true };
  const router = {
    companies: companyProcedures(services),
    projects: projectProcedures(services),
    agents: agentProcedures(services),
  };
  return createRouterClient(router, {
    context: { host: "in-process", reportUnexpected: noted(unexpected) },
  });
}

describe("the procedures of companies, projects and agents", () => {
  test("carry records over the contract and back", async () => {
    const { companies, projects, agents } = client();
    const company = await companies.create({ name: "Wired" });
    expect(await companies.get({ company: "wire" })).toEqual(company);
    expect((await companies.list()).companies).toContainEqual(company);
    expect(await companies.update({ company: company.id, name: "Wired up" })).toMatchObject({ name: "Wired up" });

    const project = await projects.create({ company: "WIRE", name: "P", env: { A: "x" } });
    expect(await projects.get({ company: "WIRE", project: "p" })).toEqual(project);
    expect(await projects.update({ company: "WIRE", project: "p", description: "d" })).toMatchObject({
      description: "d",
    });
    expect((await projects.list({ company: "WIRE" })).projects).toHaveLength(1);

    const config = { command: ["true"] };
    const agent = await agents.create({ company: "WIRE", name: "A", adapter: "process", config });
    expect(await agents.get({ company: "WIRE", agent: "a" })).toEqual(agent);
    expect(await agents.update({ company: "WIRE", agent: "a", status: "paused" })).toMatchObject({ status: "paused" });
    expect((await agents.list({ company: "WIRE" })).agents).toHaveLength(1);
    expect(await agents.test({ company: "WIRE", agent: "a" })).toMatchObject({ ok: true });
    expect((await agents.adapters()).adapters.map(({ id }) => id)).toContain("claude");
    expect(unexpected).toEqual([]);
  });

  test("carry refusals as errors of the contract, and none is unexpected", async () => {
    const { companies, agents } = client();
    const refused = agents.create({ company: "ACME", name: "B", adapter: "claude", env: { PAPERCLIP_RUN_ID: "x" } });
    await expect(refused).rejects.toMatchObject({
      code: "env_key_reserved",
      status: 422,
      defined: true,
      data: { fields: { "env.PAPERCLIP_RUN_ID": expect.any(String) }, details: { layer: "agent" } },
    });
    await expect(agents.list({})).rejects.toMatchObject({ code: "company_ambiguous" });
    await expect(agents.get({ company: "nope", agent: "a" })).rejects.toMatchObject({ code: "company_missing" });
    await expect(companies.create({ name: "" })).rejects.toMatchObject({ code: "invalid_input" });
    expect(unexpected).toEqual([]);
  });
});
