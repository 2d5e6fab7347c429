import type { Command } from "commander";
import { appFiles } from "../../../instance/app-files.ts";
import {
  checkBinaries,
  checkConfig,
  checkInstance,
  checkNode,
  checkOwner,
  checkPermissions,
  checkRunner,
  failed,
} from "../doctor-checks.ts";
import type { Check } from "../doctor-checks.ts";
import { Failure, Interrupted } from "../errors.ts";
import { paintState, plural, stateText } from "../format.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../text.ts";

export function addDoctor(program: Command, act: Act): void {
  withExample(
    program
      .command("doctor")
      .description("check everything from outside and start the database for real; exit 1 when something does not work")
      .option("--repair", "mend what loses nothing: permissions, library links, the lock of a dead owner")
      .action(act<{ repair?: true }>(examine)),
    "doctor",
    "doctor --repair",
  );
}

async function examine(invocation: Invocation, { repair = false }: { repair?: boolean }): Promise<void> {
  const { paths, output } = invocation;
  const checks: Check[] = [
    checkNode(process.version),
    await checkConfig(paths),
    await guarded("permissions", () => checkPermissions(paths, repair)),
    await guarded("owner", () => checkOwner(paths, repair)),
    await checkBinaries(),
    await checkRunner(appFiles(import.meta.dirname).runner, invocation.host.env),
  ];
  try {
    checks.push(...(await invocation.session(({ client }) => checkInstance(client))));
  } catch (error) {
    if (error instanceof Interrupted) throw error;
    checks.push(failed("instance", error));
  }
  const errors = checks.filter(({ level }) => level === "error");
  output.answer({ ok: errors.length === 0, checks }, () => checksText(checks, output));
  if (errors.length > 0) {
    throw new Failure({
      code: "doctor_found_errors",
      message: `${plural(errors.length, "check")} failed: ${errors.map(({ name }) => name).join(", ")}.`,
      next: errors[0]?.next ?? undefined,
    });
  }
}

async function guarded(name: string, check: () => Promise<Check>): Promise<Check> {
  try {
    return await check();
  } catch (error) {
    return failed(name, error);
  }
}

function checksText(checks: readonly Check[], output: Output): string {
  const { colours } = output;
  return checks
    .map(({ name, level, message, next }) => {
      const line = `${paintState(stateText(level), level, colours)}  ${colours.bold(name)}: ${oneLine(message)}\n`;
      return next === null ? line : `${line}   ${colours.bold("next:")} ${output.hint(next)}\n`;
    })
    .join("");
}
