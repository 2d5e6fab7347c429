import { chmod, lstat, readdir } from "node:fs/promises";
import path from "node:path";
import { asRefusal, errorText, systemCode } from "../../contract/refusal.ts";
import { findBinaries } from "../../database/embedded/binaries.ts";
import { readConfig } from "../../instance/config.ts";
import { acquireOwnership, findOwner } from "../../instance/lock.ts";
import type { WaitChoice } from "../../instance/lock.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { PRIVATE_DIRECTORY, PRIVATE_FILE } from "../../instance/permissions.ts";
import { forkRunner } from "../../runs/channel.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { failedCommand } from "./errors.ts";

/** One thing that was looked at: `warn` works and should be mended, `error` does not work. */
export interface Check {
  readonly name: string;
  readonly level: "ok" | "warn" | "error";
  readonly message: string;
  readonly next: string | null;
}

/** How long the runner may take to come up and to end, in milliseconds. */
const RUNNER_MS = 10_000;
const REPAIR = "Run `paperclip-desktop doctor --repair`.";

export function checkNode(version: string): Check {
  const [major = 0, minor = 0] = version.replace(/^v/, "").split(".").map(Number);
  const good = major > 20 || (major === 20 && minor >= 19);
  return good
    ? ok("Node", version)
    : { name: "Node", level: "error", message: `${version} is too old.`, next: "Install Node 20.19 or newer." };
}

export async function checkConfig(paths: InstancePaths): Promise<Check> {
  try {
    await readConfig(paths);
    return ok("settings", paths.config);
  } catch (error) {
    return failed("settings", error);
  }
}

/** What the product made must be the operator's alone. `repair` takes the rights of others away and nothing else. */
export async function checkPermissions(paths: InstancePaths, repair: boolean): Promise<Check> {
  if (process.platform === "win32") return ok("permissions", "kept by the account on Windows");
  const wide: string[] = [];
  const entries = await ownEntries(paths);
  if (entries.length === 0) return ok("permissions", "nothing is there yet");
  for (const { entry, allowed } of entries) {
    const found = await lstat(entry);
    if (found.isSymbolicLink() || (found.mode & 0o777 & ~allowed) === 0) continue;
    if (repair) await chmod(entry, found.mode & allowed);
    wide.push(entry);
  }
  if (wide.length === 0) return ok("permissions", `${entries.length} files and directories are the operator's alone`);
  const message = `${wide.length} can be read by others, such as ${wide[0]}`;
  return repair
    ? ok("permissions", `mended: ${message}`)
    : { name: "permissions", level: "warn", message: `${message}.`, next: REPAIR };
}

interface OwnEntry {
  readonly entry: string;
  readonly allowed: number;
}

/** Files and directories whose modes the product answers for. What lies in `db/` is PostgreSQL's, below a private door. */
async function ownEntries(paths: InstancePaths): Promise<OwnEntry[]> {
  const directories = [paths.root, paths.secrets, paths.logs, paths.runLogs, paths.backups, paths.workspaces];
  const files = [paths.config, paths.envFile, paths.masterKey, path.join(paths.root, "control.token")];
  for (const directory of [paths.logs, paths.runLogs, paths.backups]) files.push(...(await filesIn(directory)));
  const wanted = [
    ...directories.map((entry) => ({ entry, allowed: PRIVATE_DIRECTORY })),
    ...files.map((entry) => ({ entry, allowed: PRIVATE_FILE })),
  ];
  const there = await Promise.all(wanted.map(async (own) => ((await exists(own.entry)) ? [own] : [])));
  return there.flat();
}

async function filesIn(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { withFileTypes: true });
    return entries.filter((entry) => entry.isFile()).map((entry) => path.join(directory, entry.name));
  } catch (error) {
    if (systemCode(error) === "ENOENT") return [];
    throw error;
  }
}

async function exists(entry: string): Promise<boolean> {
  try {
    await lstat(entry);
    return true;
  } catch (error) {
    if (systemCode(error) === "ENOENT") return false;
    throw error;
  }
}

/** Who has the instance. A lock that a dead owner left is harmless; `repair` tidies it away. */
export async function checkOwner(paths: InstancePaths, repair: boolean, choice: WaitChoice = {}): Promise<Check> {
  const owner = await findOwner(paths, choice);
  if (owner.state === "live") return ok("owner", `process ${owner.pid} (${owner.kind}) runs and answers`);
  if (owner.state === "unjudgeable") {
    return {
      name: "owner",
      level: "error",
      message: `It cannot be told whether the instance is in use: ${owner.reason}.`,
      next: "End that owner, or wait until it answers.",
    };
  }
  if (!(await exists(paths.lock))) return ok("owner", "none runs");
  if (!repair) {
    return { name: "owner", level: "warn", message: "A dead owner left its lock behind.", next: `Harmless. ${REPAIR}` };
  }
  const ownership = await acquireOwnership(paths, { kind: "command" });
  await ownership.release();
  return ok("owner", "mended: the lock of a dead owner is gone");
}

/** The programs of the embedded PostgreSQL; looking for them mends the links between their libraries. */
export async function checkBinaries(): Promise<Check> {
  try {
    const { major, directory } = await findBinaries();
    return ok("PostgreSQL", `${major}, in ${directory}`);
  } catch (error) {
    return failed("PostgreSQL", error);
  }
}

/** The process that starts the programs of runs: whether it comes up, answers and ends. `entry` is its built file. */
export async function checkRunner(entry: string, processEnv: NodeJS.ProcessEnv): Promise<Check> {
  const runner = forkRunner(entry, processEnv);
  const answers = await new Promise<boolean>((resolve) => {
    const late = setTimeout(() => resolve(false), RUNNER_MS);
    const tell = (answer: boolean) => {
      clearTimeout(late);
      resolve(answer);
    };
    runner.onMessage((report) => report.type === "ended" && tell(true));
    runner.onExit(() => tell(false));
    runner.send({ type: "stop" });
  });
  if (answers) return ok("runner", "starts, answers and ends");
  runner.kill();
  return {
    name: "runner",
    level: "error",
    message: "The process that starts the programs of runs does not come up.",
    next: "Install the app again; in its source, run `npm run build`.",
  };
}

/** What the opened instance says about itself: its database, its vault, and the programs of its agents. */
export async function checkInstance(client: ContractClient): Promise<Check[]> {
  const status = await client.system.status();
  const { database } = status;
  const checks: Check[] = [
    database.state === "ready"
      ? ok("database", `ready, ${database.mode}, PostgreSQL ${database.version ?? ""}`)
      : { name: "database", level: "error", message: `The database is ${database.state}.`, next: null },
    ...status.problems.map(({ area, message, next }) => ({ name: area, level: "warn" as const, message, next })),
  ];
  if (database.state !== "ready") return checks;
  checks.push(ok("scheduler", `${status.scheduler.state}. ${status.scheduler.reason}`));
  checks.push(ok("backups", `${status.backups.count} kept. ${status.backups.reason} ${status.backups.full.reason}`));
  // A port that is taken is among the problems.
  const { webhooks } = status;
  if (webhooks.state !== "failed") checks.push(ok("webhooks", `${webhooks.state}. ${webhooks.reason}`));
  return [...checks, ...(await checkVault(client)), ...(await checkAgents(client))];
}

async function checkVault(client: ContractClient): Promise<Check[]> {
  const health = await client.secrets.health();
  const findings = health.findings.map(({ level, message, next }) => ({ name: "vault", level, message, next }));
  const summary =
    health.keyId === null
      ? health.state
      : `${health.state}, key ${health.keyId}. Who can read it: ${health.whoCanRead}`;
  const level = health.state === "locked" ? "error" : "ok";
  const next = level === "error" ? "See `paperclip-desktop secrets health`." : null;
  const sources = health.sources.map(({ source, message, worth }) => ok(`key source ${source}`, `${message} ${worth}`));
  return [{ name: "vault", level, message: summary, next }, ...findings, ...sources];
}

async function checkAgents(client: ContractClient): Promise<Check[]> {
  const checks: Check[] = [];
  for (const { id: company } of (await client.companies.list()).companies) {
    for (const { id: agent, name } of (await client.agents.list({ company })).agents) {
      checks.push(await checkAgent(client, company, agent, name));
    }
  }
  return checks;
}

async function checkAgent(client: ContractClient, company: string, agent: string, name: string): Promise<Check> {
  try {
    const test = await client.agents.test({ company, agent });
    const wrong = test.checks.find((check) => !check.ok);
    if (test.ok) return ok(`agent ${name}`, "its program is there and answers");
    return { name: `agent ${name}`, level: "warn", message: wrong?.message ?? "failed", next: wrong?.next ?? null };
  } catch (error) {
    return { ...failed(`agent ${name}`, error), level: "warn" };
  }
}

function ok(name: string, message: string): Check {
  return { name, level: "ok", message, next: null };
}

/** The check that an error ended. */
export function failed(name: string, error: unknown): Check {
  const { message, next } = failedCommand(error);
  const known = asRefusal(error) !== null;
  return { name, level: "error", message: known ? message : errorText(error), next: next ?? null };
}
