import type { Command } from "commander";
import { withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";

/** All schedules at once. */
export function addScheduler(program: Command, act: Act): void {
  const scheduler = program.command("scheduler").description("all schedules at once");
  withExample(
    scheduler
      .command("pause")
      .description("pause all schedules: no trigger has slots until they are resumed")
      .action(
        act(async ({ session, output }) => {
          const paused = await session(({ client }) => client.scheduler.pause());
          output.answer(paused, () => `All schedules are paused since ${paused.pausedSince}.\n`);
        }),
      ),
    "scheduler pause",
  );
  withExample(
    scheduler
      .command("resume")
      .description("resume all schedules, from now on")
      .action(
        act(async ({ session, output }) => {
          const resumed = await session(({ client }) => client.scheduler.resume());
          output.answer(resumed, () => "All schedules are on, from now on.\n");
        }),
      ),
    "scheduler resume",
  );
}
