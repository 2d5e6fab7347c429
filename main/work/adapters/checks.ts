import { stat } from "node:fs/promises";
import type { AgentTest } from "../../../preload/contract/work.ts";
import { asRefusal } from "../../contract/refusal.ts";
import { probe, type ProbeResult } from "../../environment/probe.ts";
import type { Adapter, ProcessPlan, TestSurroundings } from "./adapter.ts";
import { findCommand } from "./find-command.ts";

type Check = AgentTest["checks"][number];

/** How long a program may take to say its version. */
const VERSION_MS = 10_000;

/**
 * The checks of an adapter that starts a program: its configuration is valid, its folder is there, the program is found,
 * and, where it can be asked for its version, it starts. Stops at the first that fails, because the next depend on it.
 */
export async function checkLaunch(
  adapter: Adapter<ProcessPlan>,
  config: unknown,
  surroundings: TestSurroundings,
  options: { readonly versionArguments: readonly string[] | null },
): Promise<AgentTest> {
  const checks: Check[] = [];
  const pass = (name: string, message: string) => checks.push({ name, ok: true, message, next: null });
  try {
    const plan = adapter.plan(config, surroundings);
    pass("configuration", `The configuration fits the ${adapter.id} adapter.`);
    const folder = await checkFolder(plan.cwd);
    checks.push(folder);
    if (!folder.ok) return { ok: false, checks };
    const program = await findCommand(plan.argv[0] ?? "", { env: surroundings.env, cwd: plan.cwd });
    pass("command", `${plan.argv[0] ?? ""} is ${program}.`);
    if (options.versionArguments) {
      checks.push(await checkStart(program, options.versionArguments, plan, surroundings));
    }
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    const name = refusal.code === "command_missing" ? "command" : "configuration";
    checks.push({ name, ok: false, message: refusal.message, next: refusal.data.next ?? null });
  }
  return { ok: checks.every((check) => check.ok), checks };
}

async function checkFolder(cwd: string): Promise<Check> {
  const name = "folder";
  try {
    if ((await stat(cwd)).isDirectory()) return { name, ok: true, message: `It starts in ${cwd}.`, next: null };
    return { name, ok: false, message: `${cwd} is not a folder.`, next: "Name a folder as cwd in the configuration." };
  } catch {
    return {
      name,
      ok: false,
      message: `There is no folder ${cwd}.`,
      next: "Create it, or name another as cwd in the configuration.",
    };
  }
}

async function checkStart(
  program: string,
  versionArguments: readonly string[],
  plan: ProcessPlan,
  surroundings: TestSurroundings,
): Promise<Check> {
  const answer = await probe(program, versionArguments, {
    env: surroundings.env,
    cwd: plan.cwd,
    timeoutMs: VERSION_MS,
  });
  const name = "start";
  const asked = `${plan.argv[0] ?? ""} ${versionArguments.join(" ")}`;
  if (answer.kind === "exited" && answer.code === 0) {
    return { name, ok: true, message: `It starts: ${firstLine(answer.stdout) ?? "no version told"}.`, next: null };
  }
  return {
    name,
    ok: false,
    message: `${asked} ${failureText(answer)}`,
    next: `Run \`${asked}\` in a terminal and mend what it says.`,
  };
}

function failureText(answer: ProbeResult): string {
  if (answer.kind === "timed_out") return `did not answer within ${VERSION_MS / 1_000} seconds.`;
  if (answer.kind === "not_started") return `could not be started (${answer.systemCode ?? "unknown reason"}).`;
  const ended =
    answer.code === null ? `was ended by ${answer.signal ?? "a signal"}` : `ended with exit code ${answer.code}`;
  const said = firstLine(answer.stderr) ?? firstLine(answer.stdout);
  return said === null ? `${ended}.` : `${ended}: ${said}`;
}

function firstLine(text: string): string | null {
  const line = text.split("\n").find((candidate) => candidate.trim() !== "");
  return line === undefined ? null : line.trim().slice(0, 200);
}
