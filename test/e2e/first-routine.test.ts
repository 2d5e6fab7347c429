import { writeFile } from "node:fs/promises";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";

interface Run {
  id: string;
  status: string;
  exitCode: number | null;
  revision: number;
  failure: { code: string; message: string; next: string | null; layer: string; key: string; secretKey: string } | null;
  manifest: { key: string; layer: string; source: string; secretKey?: string; version?: number }[];
}
interface Log {
  lines: { at: string; stream: string; text: string }[];
}

let instance: TestInstance;
beforeAll(async () => {
  instance = await testInstance();
  const file = (name: string, content: object) => writeFile(path.join(instance.home, name), JSON.stringify(content));
  const reference = (secret: string) => ({ TOKEN: { type: "secret_ref", secret, version: "latest" } });
  // The length and a digest show which value arrived, without showing it.
  const script = 'printf %s "$TOKEN" | sha256sum | cut -c1-8; printf "%s\\n" "$TOKEN"';
  await Promise.all([
    file("agent.json", { command: ["/bin/sh", "-c", script], instructions: "none" }),
    file("agent-env.json", { ...reference("agent-token"), LEVEL: "agent", ONLY_AGENT: "yes" }),
    file("project-env.json", { ...reference("project-token"), LEVEL: "project" }),
    file("routine.json", {
      title: "Nightly triage",
      instructions: "Look at {{what}}.",
      agent: "shell",
      project: "web",
      env: { ...reference("routine-token"), LEVEL: "routine" },
      variables: [{ name: "what", type: "text", required: true, default: "everything" }],
    }),
  ]);
});
afterAll(() => instance.remove());

const inHome = (name: string) => path.join(instance.home, name);
const textOf = (log: Log) => log.lines.filter((line) => line.stream === "stdout").map((line) => line.text);
const digest = async (value: string) => {
  const { createHash } = await import("node:crypto");
  return createHash("sha256").update(value).digest("hex").slice(0, 8);
};

test("a routine with its own secrets runs, and its history shows what happened", async () => {
  const values = { agent: "agent-value-1f0a", project: "project-value-77c2", routine: "routine-value-9b3d" };
  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  for (const [layer, value] of Object.entries(values)) {
    const created = await instance.json<{ latestVersion: number; status: string }>(
      ["secrets", "create", "--key", `${layer}-token`, "--value-stdin"],
      { input: value },
    );
    expect(created).toMatchObject({ latestVersion: 1, status: "active" });
    expect(JSON.stringify(created)).not.toContain(value);
  }
  const agentFiles = ["--config-file", inHome("agent.json"), "--env-file", inHome("agent-env.json")];
  await instance.json(["agents", "create", "--name", "shell", "--adapter", "process", ...agentFiles]);
  await instance.json(["projects", "create", "--name", "web", "--env-file", inHome("project-env.json")]);
  await instance.json(["routines", "create", "--file", inHome("routine.json")]);

  const preview = await instance.json<{ hash: string; problems: unknown[] }>(["routines", "preview", "Nightly triage"]);
  expect(preview.problems).toEqual([]);

  // The routine's secret wins, and only the winner is read.
  const run = await instance.json<Run & { sheetHash: string }>(["routines", "run", "Nightly triage", "--wait"]);
  expect(run).toMatchObject({ status: "succeeded", exitCode: 0, revision: 1, sheetHash: preview.hash });
  expect(run.manifest).toContainEqual(
    expect.objectContaining({
      key: "TOKEN",
      layer: "routine",
      source: "secret",
      secretKey: "routine-token",
      version: 1,
    }),
  );
  expect(run.manifest).toContainEqual(expect.objectContaining({ key: "ONLY_AGENT", layer: "agent", source: "plain" }));
  expect(textOf(await instance.json<Log>(["runs", "logs", run.id]))).toEqual([await digest(values.routine), "***"]);
  const events = await instance.json<{ events: { secretKey: string; consumerType: string; outcome: string }[] }>([
    "secrets",
    "events",
  ]);
  expect(events.events).toEqual([
    expect.objectContaining({ secretKey: "routine-token", consumerType: "routine", outcome: "success" }),
  ]);

  // Up to here each command opened the instance by itself; from here on an owner does.
  const serve = await instance.serve();

  // Rotated: the next run gets the new value.
  await instance.json(["secrets", "rotate", "routine-token", "--value-stdin"], { input: "rotated-value-4e5f" });
  const rotated = await instance.json<Run>(["routines", "run", "Nightly triage", "--wait"]);
  expect(rotated.manifest).toContainEqual(expect.objectContaining({ key: "TOKEN", version: 2 }));
  expect(textOf(await instance.json<Log>(["runs", "logs", rotated.id]))[0]).toBe(await digest("rotated-value-4e5f"));

  // Disabled: the run is refused before its process starts, naming layer, key and secret.
  await instance.json(["secrets", "disable", "routine-token"]);
  const refused = await instance.ask(["routines", "run", "Nightly triage", "--wait", "--json"]);
  expect(refused.code).toBe(1);
  expect(refused.stderr).toContain("routine-token");
  const list = await instance.json<{ runs: Run[] }>(["runs", "list"]);
  expect(list.runs[0]).toMatchObject({
    status: "failed",
    exitCode: null,
    failure: { code: "secret_inactive", layer: "routine", key: "TOKEN", secretKey: "routine-token" },
  });
  await instance.json(["secrets", "enable", "routine-token"]);

  // A changed and a restored revision.
  await writeFile(inHome("routine-2.json"), JSON.stringify({ instructions: "Look at {{what}} twice.", env: {} }));
  await instance.json(["routines", "update", "Nightly triage", "--file", inHome("routine-2.json")]);
  const other = await instance.json<Run>(["routines", "run", "Nightly triage", "--wait"]);
  expect(other).toMatchObject({ status: "succeeded", revision: 2 });
  expect(other.manifest).toContainEqual(expect.objectContaining({ key: "TOKEN", layer: "project" }));
  const diff = await instance.json<{ env: object[] }>(["routines", "diff", "Nightly triage", "1", "2"]);
  expect(diff.env).toContainEqual(expect.objectContaining({ key: "TOKEN", change: "removed" }));
  await instance.json(["routines", "restore", "Nightly triage", "1"]);
  const restored = await instance.json<Run>(["routines", "run", "Nightly triage", "--wait"]);
  expect(restored).toMatchObject({ status: "succeeded", revision: 3 });
  expect(restored.manifest).toContainEqual(expect.objectContaining({ key: "TOKEN", layer: "routine", version: 2 }));
  await instance.run(["stop"]);
  await serve.ended;
});

test("a failing and a cancelled run say so", async () => {
  await writeFile(inHome("failing.json"), JSON.stringify({ command: ["/bin/sh", "-c", "echo no >&2; exit 7"] }));
  await writeFile(inHome("slow.json"), JSON.stringify({ command: ["/bin/sh", "-c", "echo up; sleep 600"] }));
  const serve = await instance.serve();
  for (const name of ["failing", "slow"]) {
    await instance.json([
      "agents",
      "create",
      "--name",
      name,
      "--adapter",
      "process",
      "--config-file",
      inHome(`${name}.json`),
    ]);
    await writeFile(inHome("routine.json"), JSON.stringify({ title: name, instructions: "", agent: name }));
    await instance.json(["routines", "create", "--file", inHome("routine.json")]);
  }
  const failing = await instance.run(["routines", "run", "failing", "--wait", "--json"]);
  expect(failing.code).toBe(1);
  expect(JSON.parse(failing.stdout)).toMatchObject({ status: "failed", exitCode: 7 });

  const slow = await instance.json<Run>(["routines", "run", "slow"]);
  const follow = instance.start(["runs", "logs", slow.id, "--follow"]);
  expect(await follow.firstOutput()).toContain("up");
  expect(await instance.json<Run>(["runs", "cancel", slow.id])).toMatchObject({ id: slow.id });
  expect((await follow.ended).code).toBe(0);
  const detail = await instance.json<Run & { attemptList: { leftProcesses: number }[] }>(["runs", "show", slow.id]);
  expect(detail).toMatchObject({ status: "cancelled", attemptList: [{ leftProcesses: 0 }] });
  await instance.run(["stop"]);
  expect((await serve.ended).code).toBe(0);
});
