import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { asRefusal, Refusal } from "../../../contract/refusal.ts";
import { findOwner } from "../../../instance/lock.ts";
import type { InstancePaths } from "../../../instance/paths.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { connectToRunning, unlessAborted } from "../session.ts";

/** How long the owner may take to cancel its runs, stop its database and leave. */
const LEAVING_MS = 60_000;
const LOOK_MS = 50;

export function addStop(program: Command, act: Act): void {
  withExample(
    program
      .command("stop")
      .description("ask the running owner of the instance to stop everything it started; done also when none runs")
      .action(act((invocation) => unlessAborted(stop(invocation), invocation.signal))),
    "stop",
  );
}

async function stop(invocation: Invocation): Promise<void> {
  const { output, paths, signal } = invocation;
  if (!(await askToStop(paths, signal))) {
    return output.answer({ stopped: false }, () => "Nothing runs; there was nothing to stop.\n");
  }
  const deadline = performance.now() + LEAVING_MS;
  while ((await findOwner(paths)).state !== "none") {
    if (performance.now() > deadline) {
      throw new Refusal("instance_owned", "The owner of the instance was asked to stop and has not left yet.", {
        next: "Look at it with `paperclip-desktop status`; its runs may take long to end.",
      });
    }
    await delay(LOOK_MS);
  }
  output.answer({ stopped: true }, () => "Stopped.\n");
}

/** Asks the owner and waits until it hangs up; false where none runs. One that is leaving already needs no asking. */
async function askToStop(paths: InstancePaths, signal: AbortSignal): Promise<boolean> {
  try {
    const connection = await connectToRunning(paths, signal);
    if (connection === null) return false;
    try {
      await connection.client.system.stop();
      await Promise.race([connection.closed, delay(LEAVING_MS, undefined, { ref: false })]);
    } finally {
      await connection.close();
    }
  } catch (error) {
    if (asRefusal(error)?.code !== "owner_gone" || signal.aborted) throw error;
  }
  return true;
}
