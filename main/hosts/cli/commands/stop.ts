import { setTimeout as delay } from "node:timers/promises";
import type { Command } from "commander";
import { Refusal } from "../../../contract/refusal.ts";
import { findOwner } from "../../../instance/lock.ts";
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
  const connection = await connectToRunning(paths, signal);
  if (connection === null) {
    return output.answer({ stopped: false }, () => "Nothing runs; there was nothing to stop.\n");
  }
  try {
    await connection.client.system.stop();
    await Promise.race([connection.closed, delay(LEAVING_MS, undefined, { ref: false })]);
  } finally {
    await connection.close();
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
