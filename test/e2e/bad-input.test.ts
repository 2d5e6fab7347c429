import { randomBytes, randomUUID } from "node:crypto";
import {
  chmod,
  chown,
  mkdir,
  readdir,
  readFile,
  rename,
  rm,
  stat,
  symlink,
  truncate,
  writeFile,
} from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";

interface Failure {
  code: string;
  message: string;
  fields?: Record<string, string>;
}

/** Runs a command that must be refused with exit 1 and this code; answers with the error. */
async function refusal(instance: TestInstance, code: string, args: readonly string[], input = ""): Promise<Failure> {
  const answer = await instance.run([...args, "--json"], { input });
  expect(answer.stdout).toBe("");
  const { error } = JSON.parse(answer.stderr) as { error: Failure };
  expect({ exit: answer.code, code: error.code }).toEqual({ exit: 1, code });
  // For people: what, why, and what to do.
  const people = await instance.run(args, { input });
  expect(people.code).toBe(1);
  expect(people.stderr).toContain(error.message);
  return error;
}

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

describe("the master key", () => {
  const faults: [string, (file: string) => Promise<unknown>][] = [
    ["missing", (file) => rm(file)],
    ["another one", (file) => writeFile(file, `${randomBytes(32).toString("base64")}\n`)],
    ["truncated", (file) => truncate(file, 10)],
    [
      "a symbolic link",
      async (file) => {
        await rename(file, `${file}.real`);
        await symlink(`${file}.real`, file);
      },
    ],
    ["of another owner", (file) => chown(file, 65_534, 65_534)],
  ];

  test.each(faults)("%s: the vault is locked, nothing is made, and the rest works", async (_, spoil) => {
    const instance = await testInstance();
    try {
      await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
      await instance.json(["secrets", "create", "--key", "token", "--value-stdin"], { input: "some-value" });
      const before = await instance.json<{ vault: { keyId: string } }>(["status"]);
      const directory = path.join(instance.root, "secrets");
      await spoil(path.join(directory, "master.key"));
      const spoiled = await contents(directory);
      const status = await instance.json<{ vault: object; problems: { message: string; next: string }[] }>(["status"]);
      expect(status.vault).toMatchObject({ state: "locked" });
      expect(status.problems.some((problem) => problem.next)).toBe(true);
      const error = await refusal(
        instance,
        "vault_locked",
        ["secrets", "rotate", "token", "--value-stdin"],
        "other-value",
      );
      expect(error.message).toContain(before.vault.keyId);
      expect(await instance.json(["secrets", "show", "token"])).toMatchObject({ latestVersion: 1 });
      await instance.json(["companies", "create", "--name", "Other", "--prefix", "OTH"]);
      expect(await contents(directory)).toEqual(spoiled);
    } finally {
      await instance.remove();
    }
  });

  test("whose file is too wide is tightened, and health says so once", async () => {
    const instance = await testInstance();
    try {
      await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
      await instance.json(["secrets", "create", "--key", "token", "--value-stdin"], { input: "some-value" });
      const key = path.join(instance.root, "secrets", "master.key");
      await chmod(key, 0o644);
      expect(await instance.json(["secrets", "health"])).toMatchObject({ state: "ready", level: "warn" });
      expect((await stat(key)).mode & 0o777).toBe(0o600);
    } finally {
      await instance.remove();
    }
  });
});

async function contents(directory: string): Promise<string[]> {
  const names = (await readdir(directory)).toSorted();
  return Promise.all(names.map(async (name) => `${name} ${await readFile(path.join(directory, name), "base64")}`));
}

describe("the place of an instance", () => {
  test.each([
    ["with spaces and letters of all kinds", "Größe  und Zeit ✓"],
    ["longer than a socket path", `deep/${"long-folder-name/".repeat(10)}`],
  ])("%s works", async (_, homeName) => {
    const instance = await testInstance(homeName);
    try {
      await chmod(instance.env["HOME"] ?? "", 0o700);
      await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
      expect(await instance.json(["status"])).toMatchObject({ database: { state: "ready", mode: "embedded" } });
    } finally {
      await instance.remove();
    }
  });

  test("a broken config file is refused by key and file, and kept", async () => {
    const instance = await testInstance();
    try {
      await instance.json(["status"]);
      const config = path.join(instance.root, "config.json");
      for (const text of ["{ not json", '{"version": 1, "database": {"mode": "oracle"}}']) {
        await writeFile(config, text);
        const error = await refusal(instance, "config_invalid", ["companies", "list"]);
        expect(error.message).toContain("config.json");
        expect(await readFile(config, "utf8")).toBe(text);
      }
      await rm(config);
    } finally {
      await instance.remove();
    }
  });

  test("a db folder of somebody else is left untouched", async () => {
    const instance = await testInstance();
    try {
      const db = path.join(instance.root, "db");
      await mkdir(db, { recursive: true });
      await writeFile(path.join(db, "PG_VERSION"), "18\n");
      await refusal(instance, "database_unmarked", ["companies", "list"]);
      expect(await readdir(db)).toEqual(["PG_VERSION"]);
      expect(await instance.json(["status"])).toMatchObject({ database: { state: "failed" } });
    } finally {
      await instance.remove();
    }
  });
});
