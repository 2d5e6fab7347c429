import { execFile } from "node:child_process";
import { readdir, readFile, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { promisify } from "node:util";
import { expect, test } from "vitest";
import { connectToOwner } from "../../main/hosts/control/client.ts";
import { sqlIn } from "../fixtures/past-the-product.ts";
import { processesOf, testInstance, type Running, type TestInstance } from "../fixtures/instance.ts";

const ROUNDS = 30;
/** A first secret with its key takes about so many milliseconds in the owner; kills come before, during and after it. */
const LONGEST_WAIT_MS = 40;

interface Health {
  state: string;
  level: string;
}

test.skipIf(process.platform === "win32")(
  "30 kills of the owner while it makes the first key: one key with its rows, or nothing, and never a locked vault",
  async () => {
    const instance = await testInstance();
    const outcomes = new Map<string, number>();
    try {
      await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
      for (let round = 0; round < ROUNDS; round += 1) {
        const home = path.join(instance.temporary, `home-${round}`);
        await promisify(execFile)("cp", ["-a", instance.home, home]);
        const outcome = await oneRound(instance, home);
        outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + 1);
        expect(await processesOf(home)).toEqual([]);
        await rm(home, { recursive: true });
      }
    } finally {
      await instance.remove();
    }
    process.stdout.write(`${Array.from(outcomes, ([what, times]) => `${times} × ${what}`).join("\n")}\n`);
  },
);

/** One kill and what is expected after it, in a home of its own. Answers what the kill had left. */
async function oneRound(instance: TestInstance, home: string): Promise<string> {
  const options = { env: { PAPERCLIP_HOME: home } };
  const root = path.join(home, "instances", "default");
  try {
    const acknowledged = await createAndKill(root, await instance.serve(options));
    const left = await secretFiles(root);
    const serve = await instance.serve(options);
    const health = await instance.json<Health>(["call", "secrets.health"], options);
    const found = await rowsOf(root);
    const outcome = `${health.state}, ${found.keys} key rows, ${found.secrets} secrets, files: ${left.join(" ")}`;
    expect(["ready", "uninitialized"]).toContain(health.state);
    expect(health.level).toBe("ok");
    expect(found.keys).toBe(health.state === "ready" ? 3 : 0);
    expect(found.secrets).toBeGreaterThanOrEqual(acknowledged ? 1 : 0);

    // Whatever was left is of use: the next secret has a key, and nothing else is left beside it.
    await instance.json(["secrets", "create", "--key", "next", "--value-stdin"], { ...options, input: "a-value" });
    expect(await secretFiles(root)).toEqual(["master.key"]);
    expect((await rowsOf(root)).keys).toBe(3);
    await instance.run(["stop"], options);
    await serve.ended;
    return outcome;
  } finally {
    await instance.run(["stop"], options);
  }
}

/** Asks for the first secret and kills the owner at a random moment. Answers whether the secret was acknowledged. */
async function createAndKill(root: string, serve: Running): Promise<boolean> {
  const { socketPath } = await lockOf(root);
  const { client, close } = await connectToOwner({ socketPath, token: null });
  const creating = client.secrets.create({ key: "first", value: "the-first-value" }).then(
    () => true,
    () => false,
  );
  await delay(Math.random() * LONGEST_WAIT_MS);
  process.kill(serve.pid, "SIGKILL");
  await serve.ended;
  const acknowledged = await creating;
  await close();
  return acknowledged;
}

async function lockOf(root: string): Promise<{ socketPath: string }> {
  return JSON.parse(await readFile(path.join(root, "owner.lock"), "utf8")) as Awaited<ReturnType<typeof lockOf>>;
}

async function secretFiles(root: string): Promise<string[]> {
  return (await readdir(path.join(root, "secrets"))).toSorted();
}

async function rowsOf(root: string): Promise<{ keys: number; secrets: number }> {
  const [row] = await sqlIn<{ keys: number; secrets: number }>(
    root,
    "select (select count(*)::int from vault_keys) as keys, (select count(*)::int from company_secrets) as secrets",
  );
  return row ?? { keys: -1, secrets: -1 };
}
