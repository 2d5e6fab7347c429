import { longestArgument, stringSize } from "../../environment/limits.ts";
import { Refusal } from "../../contract/refusal.ts";
import { INSTRUCTIONS, INSTRUCTIONS_FILE, type ProcessPlan } from "./adapter.ts";

export interface FilledPlan {
  readonly argv: string[];
  /** What the program reads on stdin, or null where its stdin is empty. */
  readonly stdin: string | null;
}

/**
 * The argv and stdin of one run. `file` is the absolute path of the file with the instructions, where the plan wants one.
 *
 * Instructions never become an option: as an argument of their own they are refused with `adapter_invalid` where they
 * start with `-` (on Windows also with `/`), unless the template has a `--` before them. A `--` is not put in by itself,
 * because not every program takes it.
 */
export function fillPlan(
  plan: ProcessPlan,
  instructions: string,
  file: string | null,
  platform: NodeJS.Platform = process.platform,
): FilledPlan {
  if (plan.instructionsVia === "file") {
    if (file === null) throw new Error("the plan wants its instructions as a file, and there is none");
    return { argv: plan.argv.map((text) => (text === INSTRUCTIONS_FILE ? file : text)), stdin: null };
  }
  if (plan.instructionsVia === "argument") {
    refuseOption(plan.argv, instructions, platform);
    const argv = plan.argv.map((text) => (text === INSTRUCTIONS ? instructions : text));
    refuseTooLong(argv, platform);
    return { argv, stdin: null };
  }
  return { argv: [...plan.argv], stdin: plan.instructionsVia === "stdin" ? instructions : null };
}

function refuseOption(argv: readonly string[], instructions: string, platform: NodeJS.Platform): void {
  const place = argv.indexOf(INSTRUCTIONS);
  const optionStarts = platform === "win32" ? ["-", "/"] : ["-"];
  if (place < 0 || argv.slice(1, place).includes("--")) return;
  if (!optionStarts.some((start) => instructions.startsWith(start))) return;
  throw new Refusal(
    "adapter_invalid",
    `The instructions start with "${instructions.slice(0, 1)}" and would be taken as an option of ${argv[0] ?? "the program"}.`,
    {
      next: 'Let the agent take its instructions on stdin, or put "--" last into its command where the program knows it.',
    },
  );
}

function refuseTooLong(argv: readonly string[], platform: NodeJS.Platform): void {
  const limit = longestArgument(platform);
  const size = Math.max(...argv.map((text) => stringSize(text, platform)));
  if (size <= limit) return;
  throw new Refusal("adapter_invalid", `The instructions are too long for an argument: ${size} of ${limit} bytes.`, {
    next: "Let the agent take its instructions on stdin or as a file.",
  });
}
