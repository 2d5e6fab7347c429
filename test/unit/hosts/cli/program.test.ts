import { expect, test } from "vitest";
import { z } from "zod";
import { allProcedures } from "../../../../main/hosts/cli/procedures.ts";
import { commandLine } from "../../../fixtures/command-line.ts";

test("without arguments, the commands of a first routine are shown", async () => {
  const { exitCode, stdout, stderr } = await commandLine([]);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  for (const command of ["companies create", "agents create", "secrets create", "routines create", "routines run"]) {
    expect(stdout).toContain(command);
  }
});

test.each([
  [["nonsense"], "unknown command 'nonsense'", "usage: paperclip-desktop "],
  [["routines", "nonsense"], "unknown command 'nonsense'", "usage: paperclip-desktop routines "],
  [["issues", "list"], "unknown command", "usage:"],
  [["routines"], "Usage: paperclip-desktop routines", "Commands:"],
  [["routines", "run"], "missing required argument", "usage: paperclip-desktop routines run "],
  [["routines", "run", "a", "b"], "too many arguments", "usage:"],
  [["routines", "run", "a", "--nonsense"], "unknown option '--nonsense'", "usage:"],
  [["routines", "run", "a", "--var", "x"], "NAME=VALUE", "usage: paperclip-desktop routines run "],
  [["routines", "create"], "has no title", "usage:"],
  [["routines", "create", "--title", "a", "--priority", "most"], "Allowed choices", "usage:"],
  [["routines", "diff", "a", "1", "second"], "number of a revision", "usage:"],
  [["runs", "list", "--limit", "0"], "whole number", "usage:"],
  [["runs", "list", "--status", "gone"], "no state of a run", "usage:"],
  [["runs", "list", "--since", "yesterday"], "is no time", "usage:"],
  [["runs", "logs", "x", "--follow", "--tail", "3"], "--follow", "usage:"],
  [["companies", "create"], "required option '--name <name>'", "usage:"],
  [["companies", "list", "--company", "a", "--company-id", "b"], "named twice", "usage:"],
  [["secrets", "create", "--key", "k"], "value is missing", "--value-stdin"],
  [["secrets", "create", "--key", "k", "--value-stdin", "--value-env", "A"], "more than one source", "usage:"],
  [["secrets", "create", "--key", "k", "--value", "x"], "unknown option", "usage:"],
  [["secrets", "rollback", "k"], "required option '--version <number>'", "usage:"],
  [["secrets", "destroy", "k", "--version", "0"], "whole number", "usage:"],
  [["secrets", "usage", "k", "--version", "2"], "--before", "usage:"],
  [["secrets", "usage", "k", "--before", "nonsense"], "Allowed choices", "usage:"],
  [["secrets", "usage", "k", "--before", "disable-version"], "takes the version", "--version N"],
  [["configure"], "--section", "usage:"],
  [["configure", "--section", "secrets", "--set"], "option '--set <key=value>' argument missing", "usage:"],
  [["configure", "--section", "nonsense"], "Allowed choices", "usage:"],
  [["configure", "--section", "database", "--set", "connectionString=x"], "never an argument", "usage:"],
  [["configure", "--section", "secrets", "--value-stdin"], "for no setting", "usage:"],
  [["serve", "--port", "70000"], "port from 0 to 65535", "usage:"],
  [["call"], "Name one procedure", "usage:"],
  [["call", "nope"], "no procedure", "usage:"],
  [["call", "--list", "--schema", "routines.run"], "Name one procedure", "usage:"],
  [["call", "companies.get", "--input", "{"], "not JSON", "usage:"],
  [["call", "companies.get", "--input", "{}", "--input-stdin"], "more than one source", "usage:"],
])("%j exits 2 and says what is off, and how it goes", async (argv, ...texts) => {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  expect({ exitCode, stdout }).toEqual({ exitCode: 2, stdout: "" });
  for (const text of texts) expect(stderr).toContain(text);
});

test.each(["rollback", "destroy", "disable", "enable"])(
  "`secrets %s KEY --version N` means a version of the secret, not the version of the program",
  async (command) => {
    for (const version of [["--version", "2"], ["--version=2"]]) {
      const { exitCode, stdout, stderr } = await commandLine(["secrets", command, "k", ...version]);
      expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
      expect(stderr).toContain("no instance may be opened here");
    }
  },
);

test("the version of the program is shown by itself, with options, and beside any other command", async () => {
  for (const argv of [
    ["--version"],
    ["-V"],
    ["--home", "/x", "--version"],
    ["status", "--version"],
    ["secrets", "-V"],
  ]) {
    expect(await commandLine(argv)).toEqual({ exitCode: 0, stdout: "1.2.3\n", stderr: "" });
  }
});

test("a secret value in --input is refused and not repeated, and so is one behind an unknown option", async () => {
  const canary = "canary-77ab";
  const input = JSON.stringify({ key: "k", value: canary });
  const refused = await commandLine(["call", "secrets.create", "--input", input]);
  expect(refused).toMatchObject({ exitCode: 2, stdout: "", stderr: expect.stringContaining("--input-stdin") });
  const unknown = await commandLine(["secrets", "create", "--key", "k", `--value=${canary}`]);
  expect(unknown).toMatchObject({ exitCode: 2, stdout: "" });
  const setting = `connectionString=postgres://u:${canary}@h/d`;
  const set = await commandLine(["configure", "--section", "database", "--set", setting]);
  for (const { stderr } of [refused, unknown, set]) expect(stderr).not.toContain(canary);
});

test("global options stand before or after the command, and `call --list` and `--schema` open no instance", async () => {
  for (const argv of [
    ["--json", "call", "--list"],
    ["call", "--list", "--json", "--home", "/nowhere", "--instance", "x"],
  ]) {
    const { exitCode, stdout, stderr } = await commandLine(argv);
    expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
    expect(JSON.parse(stdout)).toEqual({
      procedures: expect.arrayContaining([expect.objectContaining({ name: "routines.create" })]),
    });
  }
  const schema = await commandLine(["call", "--schema", "secrets.create"]);
  expect(JSON.parse(schema.stdout)).toMatchObject({
    name: "secrets.create",
    input: { properties: { value: { secret: true, writeOnly: true } } },
  });
});

test("every command has help with an example", async () => {
  const groups = ["companies", "projects", "agents", "routines", "runs", "secrets", "cron", "activity"];
  const single = ["serve", "open", "stop", "status", "doctor", "configure", "db:status", "db:migrate", "call"];
  const commands: string[][] = single.map((name) => [name]);
  for (const group of groups) {
    const { exitCode, stdout } = await commandLine([group, "--help"]);
    expect(exitCode).toBe(0);
    const listed = stdout.slice(stdout.indexOf("Commands:")).matchAll(/^ {2}([a-z]+)(?= )/gm);
    for (const [, name] of listed) if (name && !["help", "key"].includes(name)) commands.push([group, name]);
  }
  expect(commands.length).toBeGreaterThan(45);
  for (const command of [...commands, ["secrets", "key", "show"]]) {
    const { exitCode, stdout, stderr } = await commandLine([...command, "--help"]);
    expect({ command, exitCode, stderr }).toEqual({ command, exitCode: 0, stderr: "" });
    expect(stdout).toContain(`Example:\n`);
    expect(stdout).toContain("--json");
  }
});

test("an id that cannot be one is refused before anything is opened", async () => {
  const { exitCode, stdout, stderr } = await commandLine(["status", "--json", "--instance", "../x"]);
  expect({ exitCode, stdout }).toEqual({ exitCode: 1, stdout: "" });
  expect(JSON.parse(stderr)).toMatchObject({ error: { code: "instance_invalid" } });
});

test.each([
  [["help"], "Usage: paperclip-desktop [options]"],
  [["help", "routines"], "Usage: paperclip-desktop routines "],
  [["help", "routines", "run"], "Usage: paperclip-desktop routines run "],
  [["routines", "help", "run"], "Usage: paperclip-desktop routines run "],
])("%j is an answer", async (argv, usage) => {
  const { exitCode, stdout, stderr } = await commandLine(argv);
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(stdout).toContain(usage);
});

test("started by npm, help and errors name the command as it can be typed there", async () => {
  const env = { npm_package_name: "paperclip-desktop", npm_lifecycle_event: "cli" };
  const program = "npm run --silent cli --";
  expect((await commandLine([], { env })).stdout).toContain(`${program} companies create`);
  const help = await commandLine(["secrets", "create", "--help"], { env });
  expect(help.stdout).toContain(`Usage: ${program} secrets create`);
  expect(help.stdout).toContain(`\n  gh auth token | tr -d '\\n' | ${program} secrets create`);
  const wrong = await commandLine(["call", "nope"], { env });
  expect(wrong.stderr).toContain(`\`${program} call --list\``);
  expect(wrong.stderr).toContain(`help: ${program} call --help`);
});

test("a call that makes a signing key shows it where a command would: on a terminal, or in a new file", async () => {
  const hook = (signingMode: string) => JSON.stringify({ routine: "x", trigger: { kind: "webhook", signingMode } });
  const calls = [
    ["triggers.create", "--input", hook("bearer")],
    ["triggers.create", "--input", hook("bearer"), "--json"],
    ["webhooks.rotate", "--input", '{"routine":"x","trigger":"y"}'],
  ];
  for (const call of calls) {
    // Before anything is opened, which nothing can be here.
    const { exitCode, stdout, stderr } = await commandLine(["call", ...call]);
    expect([exitCode, stdout]).toEqual([2, ""]);
    expect(stderr).toContain("--key-out FILE");
    expect((await commandLine(["call", ...call], { terminal: true })).stderr).not.toContain("--key-out FILE");
  }
  const without = await commandLine(["call", "triggers.create", "--input", hook("none")]);
  expect(without.stderr).not.toContain("--key-out");
  const senseless = await commandLine(["call", "companies.list", "--key-out", "/nowhere/key"]);
  expect(senseless).toMatchObject({ exitCode: 2, stderr: expect.stringContaining("makes a signing key") });

  // What answers with a signing key is known by its name: there is no other.
  const named = allProcedures().filter(
    ({ output }) =>
      output !== null &&
      JSON.stringify(z.toJSONSchema(output, { io: "output", unrepresentable: "any" })).includes('"signingKey"'),
  );
  expect(named.map(({ name }) => name).toSorted()).toEqual(["triggers.create", "webhooks.rotate"]);
});
