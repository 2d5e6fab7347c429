import { randomUUID } from "node:crypto";
import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { refusal } from "../fixtures/refusal.ts";

describe("on a running instance", () => {
  let instance: TestInstance;
  const file = (name: string) => path.join(instance.home, name);
  const put = (name: string, content: unknown) => writeFile(file(name), JSON.stringify(content));

  beforeAll(async () => {
    instance = await testInstance();
    await instance.serve();
    await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
    await put("agent.json", { command: ["/bin/true"], instructions: "none" });
    await instance.json([
      "agents",
      "create",
      "--name",
      "shell",
      "--adapter",
      "process",
      "--config-file",
      file("agent.json"),
    ]);
    await instance.json(["secrets", "create", "--key", "token", "--value-stdin"], { input: "some-value" });
    await put("routine.json", { title: "Sweep", instructions: "Sweep {{room}}.", agent: "shell" });
    await instance.json(["routines", "create", "--file", file("routine.json")]);
  });
  afterAll(() => instance.remove());

  /** The number of rows that a refused command must leave as it was. */
  const counts = async () => {
    const lists = await Promise.all(
      ["agents", "projects", "secrets", "routines", "runs"].map((list) =>
        instance.json<Record<string, unknown[]>>([list, "list", "--company", "Acme"]),
      ),
    );
    return lists.map((list) => Object.values(list)[0]?.length);
  };

  test.each([
    ["a reserved name", { PAPERCLIP_RUN_ID: "x" }, "env_key_reserved"],
    ["a malformed name", { "1-KEY": "x" }, "env_key_invalid"],
    ["an unknown secret", { KEY: { type: "secret_ref", secret: "nowhere" } }, "secret_missing"],
    ["an unknown secret id", { KEY: { type: "secret_ref", secretId: randomUUID() } }, "secret_missing"],
  ])("an env with %s is refused in every layer, and nothing is saved", async (_, env, code) => {
    const before = await counts();
    await put("env.json", env);
    await put("bad-routine.json", { title: "Bad", instructions: "", agent: "shell", env });
    const key = Object.keys(env)[0] ?? "";
    const commands = [
      [
        "agents",
        "create",
        "--name",
        "bad",
        "--adapter",
        "process",
        "--config-file",
        file("agent.json"),
        "--env-file",
        file("env.json"),
      ],
      ["projects", "create", "--name", "bad", "--env-file", file("env.json")],
      ["routines", "create", "--file", file("bad-routine.json")],
    ];
    for (const command of commands) expect((await refusal(instance, code, command)).message).toContain(key);
    expect(await counts()).toEqual(before);
  });

  test("unknown records, and those of another company, are not found", async () => {
    await refusal(instance, "agent_missing", ["agents", "show", "nobody"]);
    await refusal(instance, "secret_missing", ["secrets", "show", "nothing"]);
    await refusal(instance, "routine_missing", ["routines", "run", "nothing"]);
    await refusal(instance, "run_missing", ["runs", "show", randomUUID()]);
    await refusal(instance, "company_missing", ["agents", "list", "--company", "Nobody"]);
    await instance.json(["companies", "create", "--name", "Other", "--prefix", "OTH"]);
    const foreign = await instance.json<{ id: string }>(
      ["secrets", "create", "--key", "foreign", "--value-stdin", "--company", "Other"],
      {
        input: "foreign-value",
      },
    );
    await refusal(instance, "company_ambiguous", ["agents", "list"]);
    await refusal(
      instance,
      "secret_foreign",
      ["secrets", "rotate", foreign.id, "--value-stdin", "--company", "Acme"],
      "other-value",
    );
    await put("foreign.json", { KEY: { type: "secret_ref", secretId: foreign.id } });
    await refusal(instance, "secret_foreign", [
      "projects",
      "create",
      "--name",
      "bad",
      "--env-file",
      file("foreign.json"),
      "--company",
      "Acme",
    ]);
    const agent = await instance.json<{ id: string }>([
      "agents",
      "create",
      "--name",
      "theirs",
      "--adapter",
      "process",
      "--config-file",
      file("agent.json"),
      "--company",
      "Other",
    ]);
    await put("bad-routine.json", { title: "Bad", instructions: "", agent: agent.id });
    await refusal(instance, "agent_missing", [
      "routines",
      "create",
      "--file",
      file("bad-routine.json"),
      "--company",
      "Acme",
    ]);
  });

  test("a variable without value, and one that is not there", async () => {
    const acme = ["--company", "Acme"];
    expect((await refusal(instance, "variable_missing", ["routines", "run", "Sweep", ...acme])).message).toContain(
      "room",
    );
    await refusal(instance, "variable_invalid", [
      "routines",
      "run",
      "Sweep",
      "--var",
      "room=a",
      "--var",
      "flor=b",
      ...acme,
    ]);
  });

  test.each([
    ["of 3 characters", "abc"],
    ["with NUL", "abc\0def"],
    ["of 65,537 bytes", "x".repeat(65_537)],
  ])("a value %s is refused", async (_, value) => {
    await refusal(
      instance,
      "secret_value_invalid",
      ["secrets", "create", "--key", "odd", "--value-stdin", "--company", "Acme"],
      value,
    );
  });

  test("an agent whose command is not on PATH says so in its test", async () => {
    await put("absent.json", { command: ["no-such-program"], instructions: "none" });
    await instance.json([
      "agents",
      "create",
      "--name",
      "absent",
      "--adapter",
      "process",
      "--config-file",
      file("absent.json"),
      "--company",
      "Acme",
    ]);
    const answer = await instance.run(["agents", "test", "absent", "--company", "Acme"]);
    expect(answer.stdout + answer.stderr).toContain("no-such-program");
  });

  test("a command line that is off exits with 2 and shows usage", async () => {
    for (const args of [["nonsense"], ["secrets", "create"], ["runs", "list", "--nonsense"], ["call"]]) {
      const answer = await instance.run(args);
      expect({ args, code: answer.code, stdout: answer.stdout }).toEqual({ args, code: 2, stdout: "" });
      expect(answer.stderr).toMatch(/usage/i);
    }
  });

  test("a secret value is not taken as an argument", async () => {
    const answer = await instance.run([
      "call",
      "secrets.create",
      "--input",
      JSON.stringify({ key: "k", value: "not-here" }),
    ]);
    expect(answer.code).not.toBe(0);
    expect(answer.stderr).toMatch(/input-stdin|input-file/);
  });

  test("a second owner is refused and the first goes on", async () => {
    const answer = await instance.run(["serve", "--port", "0", "--json"]);
    expect(answer.code).toBe(1);
    expect(JSON.parse(answer.stderr)).toMatchObject({ error: { code: "instance_owned" } });
    expect(await instance.json(["status"])).toMatchObject({ database: { state: "ready" } });
  });
});
