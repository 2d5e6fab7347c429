import { describe, expect, test } from "vitest";
import { describeAdapters } from "../../../../main/work/adapters/registry.ts";
import {
  agentFields,
  changedParts,
  fieldLabel,
  fieldMessages,
  inOrderOfUse,
  newAgentFields,
  readAgent,
} from "../../../../renderer/features/work/agent-form.ts";
import type { Adapter } from "../../../../renderer/features/work/agent-form.ts";
import type { AgentRecord } from "../../../../preload/contract/work.ts";

// The schemas that the control plane has, so that a form that no longer fits one is found here.
const adapters = await describeAdapters({ env: { PATH: "" }, cwd: "/" });
const adapter = (id: string) => adapters.find((each) => each.id === id);

const agent: AgentRecord = {
  id: "30000000-0000-4000-8000-000000000001",
  companyId: "10000000-0000-4000-8000-000000000001",
  name: "triage",
  status: "active",
  adapter: "process",
  adapterConfig: { command: ["sh", "-c", "cat; echo done"], instructions: "stdin", timeoutSeconds: 60 },
  env: {},
  passThrough: ["SSH_AUTH_SOCK", "LANG"],
  createdAt: "2026-01-01T00:00:00.000Z",
  updatedAt: "2026-01-01T00:00:00.000Z",
};
const fields = agentFields(agent, adapters);

describe("the form of an agent", () => {
  test("reads what it shows as what is stored", () => {
    expect(readAgent(fields, adapter("process"))).toEqual({
      ok: true,
      input: { name: "triage", adapter: "process", config: agent.adapterConfig, passThrough: agent.passThrough },
    });
  });

  test("leaves out what is empty, but for what the adapter requires", () => {
    expect(readAgent(newAgentFields(adapter("process")), adapter("process"))).toMatchObject({
      input: { config: { command: [] } },
    });
    expect(readAgent(newAgentFields(adapter("claude")), adapter("claude"))).toMatchObject({ input: { config: {} } });
  });

  test("says at the field where a command cannot be read", () => {
    const open = { ...fields, "config.process.command": "sh -c 'cat" };
    expect(readAgent(open, adapter("process"))).toEqual({
      ok: false,
      errors: { "config.command": "A single quote is not closed." },
    });
  });

  test("sends on what is no number, so that the control plane judges it", () => {
    expect(readAgent({ ...fields, "config.process.timeoutSeconds": "1.5" }, adapter("process"))).toMatchObject({
      input: { config: { timeoutSeconds: 1.5 } },
    });
  });

  test("takes names one in each line, or with commas", () => {
    expect(readAgent({ ...fields, passThrough: " A, B\n\nC " }, adapter("process"))).toMatchObject({
      input: { passThrough: ["A", "B", "C"] },
    });
  });
});

describe("what is sent of an agent", () => {
  test("is what changed", () => {
    expect(changedParts(fields, { ...fields, name: "sweeper" })).toEqual({
      names: ["name"],
      name: true,
      adapter: false,
      config: false,
      passThrough: false,
      env: false,
    });
  });

  test("is the whole configuration of another adapter", () => {
    expect(changedParts(fields, { ...fields, adapter: "claude" })).toMatchObject({ adapter: true, config: true });
  });

  test("is nothing of what was typed for an adapter that is not chosen", () => {
    expect(changedParts(fields, { ...fields, "config.claude.model": "opus" }).names).toEqual([]);
  });
});

test("programs that are here come first, then any program, then those that are missing", () => {
  const gemini = { ...adapter("gemini"), id: "gemini", found: "/usr/bin/gemini" } as Adapter;
  const found = [...adapters.filter(({ id }) => id !== "gemini"), gemini];
  expect(inOrderOfUse(found).map(({ id }) => id)).toEqual(["gemini", "process", "http", "claude", "codex", "opencode"]);
});

test("an agent that is a service is read as it is stored", () => {
  const config = {
    url: "https://agent.example/run",
    method: "PUT",
    headers: { authorization: "Bearer {{env.GH_TOKEN}}", "x-mode": "a: b" },
    body: '{\n  "prompt": {{instructions}}\n}',
    expectStatus: 202,
  };
  const service = { ...agent, adapter: "http", adapterConfig: config };
  expect(readAgent(agentFields(service, adapters), adapter("http"))).toMatchObject({ input: { config } });
});

test("what is said of a header stands at that header", () => {
  const fields = { "config.headers.x-api-key": "must have a value" };
  expect(fieldMessages(fields)).toEqual(fields);
});

test("what is said of an argument is said of its list, the first message first", () => {
  expect(
    fieldMessages({ "config.command.0": "first", "config.command.2": "second", "env.A.value": "x", name: "is taken" }),
  ).toEqual({ "config.command": "first", "env.A.value": "x", name: "is taken" });
});

test.each([
  ["name", "Name"],
  ["config.claude.extraArguments", "Further arguments"],
  ["config.other.maxTurns", "Max turns"],
  ["env.GH_TOKEN", "GH_TOKEN"],
])("%s is called %s", (name, label) => {
  expect(fieldLabel(name)).toBe(label);
});
