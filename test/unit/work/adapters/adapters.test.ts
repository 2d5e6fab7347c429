import { mkdtemp, realpath, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { asRefusal } from "../../../../main/contract/refusal.ts";
import { fillPlan } from "../../../../main/work/adapters/fill-plan.ts";
import { processAdapter } from "../../../../main/work/adapters/process.ts";
import { adapterOf, describeAdapters, launchPlan } from "../../../../main/work/adapters/registry.ts";

const defaults = { cwd: "/work space" };
const plan = (adapter: string, adapterConfig: unknown) => launchPlan({ adapter, adapterConfig }, defaults);
const processPlan = (config: object) => processAdapter.plan(config, defaults);

function refusalOf(work: () => unknown) {
  try {
    work();
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal) return { code: refusal.code, message: refusal.message, ...refusal.data };
    throw error;
  }
  throw new Error("nothing was refused");
}

describe("the process adapter", () => {
  test("starts an argv, with instructions on stdin unless told otherwise", () => {
    expect(processPlan({ command: ["tool", "a b"] })).toEqual({
      kind: "process",
      argv: ["tool", "a b"],
      cwd: "/work space",
      instructionsVia: "stdin",
      timeoutSeconds: null,
    });
  });

  test("puts instructions and file where they are named, else last", () => {
    const argument = { instructions: "argument" };
    expect(processPlan({ command: ["t", "-x"], ...argument }).argv).toEqual(["t", "-x", "{instructions}"]);
    expect(processPlan({ command: ["t", "{instructions}", "-x"], ...argument }).argv).toEqual([
      "t",
      "{instructions}",
      "-x",
    ]);
    expect(processPlan({ command: ["t"], instructions: "file" }).argv).toEqual(["t", "{file}"]);
    expect(processPlan({ command: ["t", "x"], instructions: "none" }).argv).toEqual(["t", "x"]);
  });

  test("takes a relative folder from the default one", () => {
    expect(processPlan({ command: ["t"], cwd: "sub" }).cwd).toBe("/work space/sub");
    expect(processPlan({ command: ["t"], cwd: "/abs" }).cwd).toBe("/abs");
  });

  test.each([
    ["a shell line", { command: "claude -p" }, "config.command", "never a shell line"],
    ["no command", {}, "config.command", "never a shell line"],
    ["an empty command", { command: [] }, "config.command", "must name a program"],
    ["an empty program", { command: [""] }, "config.command", "must name a program"],
    ["the instructions as program", { command: ["{instructions}"] }, "config.command", "must name a program"],
    ["a shell switch", { command: ["t"], shell: true }, "config", "there is no shell"],
    ["an unknown field", { command: ["t"], comand: 1 }, "config", 'there is no field "comand"'],
    ["a home abbreviation", { command: ["t"], cwd: "~/x" }, "config.cwd", "~ is not expanded"],
    ["no time", { command: ["t"], timeoutSeconds: 0 }, "config.timeoutSeconds", ""],
    ["an unknown way in", { command: ["t"], instructions: "args" }, "config.instructions", ""],
    ["a NUL", { command: ["t", "\0"] }, "config.command.1", "NUL"],
    ["half a character", { command: ["t", "\ud800"] }, "config.command.1", "half a character"],
    ["a folder with half a character", { command: ["t"], cwd: "/\ud800" }, "config.cwd", "half a character"],
    ["a stray placeholder", { command: ["t", "{instructions}"] }, "config.instructions", '"argument"'],
    [
      "a placeholder in a shell line",
      { command: ["sh", "-c", "echo {instructions}"], instructions: "argument" },
      "config.command",
      "as an argument of its own",
    ],
  ])("refuses %s", (_, config, field, text) => {
    const refusal = refusalOf(() => processPlan(config));
    expect(refusal.code).toBe("adapter_invalid");
    expect(refusal.fields?.[field]).toContain(text);
    expect(refusal.next).toBeTruthy();
  });
});

describe("presets", () => {
  test.each([
    ["claude", {}, ["claude", "-p"]],
    ["claude", { model: "opus", extraArguments: ["--verbose"] }, ["claude", "-p", "--model", "opus", "--verbose"]],
    ["codex", { model: "gpt-5" }, ["codex", "exec", "--skip-git-repo-check", "--model", "gpt-5", "-"]],
    ["gemini", {}, ["gemini"]],
    ["opencode", { model: "anthropic/claude" }, ["opencode", "run", "--model", "anthropic/claude"]],
  ])("%s %j", (adapter, config, argv) => {
    const rest = { cwd: "/work space", instructionsVia: "stdin", timeoutSeconds: null };
    expect(plan(adapter, config)).toEqual({ kind: "process", argv, ...rest });
  });

  test.each([{ model: "--dangerous" }, { model: "" }, { command: ["x"] }, { extraArguments: "-x" }])(
    "refuse %j",
    (config) => {
      for (const adapter of ["claude", "codex", "gemini", "opencode"]) {
        expect(refusalOf(() => plan(adapter, config)).code).toBe("adapter_invalid");
      }
    },
  );
});

describe("the registry", () => {
  test("knows each adapter with the schema of its configuration", async () => {
    const described = await describeAdapters({ env: {}, cwd: "/" });
    expect(described.map(({ id }) => id)).toEqual(["process", "http", "claude", "codex", "gemini", "opencode"]);
    for (const { configSchema } of described) {
      expect(configSchema).toMatchObject({ type: "object", additionalProperties: false });
    }
    expect(described[0]?.configSchema).toMatchObject({ required: ["command"] });
  });

  test("says which command an adapter starts, and where it is on a PATH", async () => {
    const folder = await realpath(await mkdtemp(path.join(os.tmpdir(), "pcd-adapters-")));
    try {
      const program = path.join(folder, "claude");
      await writeFile(program, "#!/bin/sh\n", { mode: 0o755 });
      await writeFile(path.join(folder, "codex"), "", { mode: 0o644 });
      const described = await describeAdapters({ env: { PATH: folder }, cwd: "/", platform: "linux" });
      expect(described.map(({ id, program: name, found }) => [id, name, found])).toEqual([
        ["process", null, null],
        ["http", null, null],
        ["claude", "claude", program],
        ["codex", "codex", null],
        ["gemini", "gemini", null],
        ["opencode", "opencode", null],
      ]);
    } finally {
      await rm(folder, { recursive: true });
    }
  });

  test("refuses an unknown adapter and names those there are", () => {
    const refusal = refusalOf(() => adapterOf("clade"));
    expect(refusal).toMatchObject({ code: "adapter_invalid", fields: { adapter: expect.stringContaining("claude") } });
  });
});

describe("filling a plan", () => {
  test("stdin, file and none", () => {
    expect(fillPlan(processPlan({ command: ["t"] }), "- do", null)).toEqual({ argv: ["t"], stdin: "- do" });
    const file = processPlan({ command: ["t"], instructions: "file" });
    expect(fillPlan(file, "do", "/tmp/f")).toEqual({ argv: ["t", "/tmp/f"], stdin: null });
    const none = processPlan({ command: ["t"], instructions: "none" });
    expect(fillPlan(none, "do", null)).toEqual({ argv: ["t"], stdin: null });
  });

  test("instructions as an argument never become an option", () => {
    const bare = processPlan({ command: ["t", "-x"], instructions: "argument" });
    const guarded = processPlan({ command: ["t", "--"], instructions: "argument" });
    const tooLate = processPlan({ command: ["t", "{instructions}", "--"], instructions: "argument" });
    expect(fillPlan(bare, "do -it", null, "linux").argv).toEqual(["t", "-x", "do -it"]);
    expect(refusalOf(() => fillPlan(bare, "--rm", null, "linux")).code).toBe("adapter_invalid");
    expect(refusalOf(() => fillPlan(tooLate, "--rm", null, "linux")).code).toBe("adapter_invalid");
    expect(fillPlan(guarded, "--rm", null, "linux").argv).toEqual(["t", "--", "--rm"]);
    expect(fillPlan(bare, "/x", null, "linux").argv).toEqual(["t", "-x", "/x"]);
    expect(refusalOf(() => fillPlan(bare, "/x", null, "win32")).code).toBe("adapter_invalid");
    expect(refusalOf(() => fillPlan(bare, "-", null, "linux")).message).not.toContain("undefined");
  });

  test("whatever the instructions are, only their own argument changes", () => {
    const template = processPlan({ command: ["t", "--", "a"], instructions: "argument" });
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(fillPlan(template, text, null).argv).toEqual(["t", "--", "a", text]);
      }),
    );
  });

  test("instructions that are too long for an argument are refused before the start", () => {
    const bare = processPlan({ command: ["t"], instructions: "argument" });
    expect(refusalOf(() => fillPlan(bare, "x".repeat(128 * 1024), null, "linux")).message).toContain("too long");
    expect(fillPlan(bare, "x".repeat(128 * 1024 - 1), null, "linux").argv).toHaveLength(2);
  });
});
