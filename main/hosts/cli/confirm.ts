import { createInterface } from "node:readline/promises";
import { Failure } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { unlessAborted } from "./session.ts";

/** Whether somebody sits at a terminal who reads what is said and can answer; with `--json` nobody does. */
export function mayAsk({ output, host }: Invocation): boolean {
  return !output.json && output.width !== null && host.stdin.isTTY === true;
}

/**
 * Shows what is about to happen and waits for a yes. Anything else ends the command with exit 1, and nothing is changed.
 * To be called only where `mayAsk`.
 */
export async function confirmed({ host, output, signal }: Invocation, text: string, question: string): Promise<void> {
  output.raw(`${text}${question} [y/N]: `);
  const terminal = createInterface({ input: host.stdin });
  try {
    const answer = await unlessAborted(firstLine(terminal), signal);
    if (/^y(es)?$/i.test(answer.trim())) return;
  } finally {
    terminal.close();
  }
  throw new Failure({ code: "not_confirmed", message: "Nothing was changed: it was not confirmed." });
}

/** The first line, or nothing where the input ends before one. */
function firstLine(terminal: ReturnType<typeof createInterface>): Promise<string> {
  return new Promise((resolve) => {
    terminal.once("line", resolve);
    terminal.once("close", () => resolve(""));
  });
}
