import type { Command } from "commander";
import { withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";

/** All schedules and webhooks at once. */
export function addScheduler(program: Command, act: Act): void {
  const scheduler = program.command("scheduler").description("all schedules and webhooks at once");
  withExample(
    scheduler
      .command("pause")
      .description(
        "pause schedules and webhooks: no trigger has slots, and deliveries are refused, until they are resumed",
      )
      .action(
        act(async ({ session, output }) => {
          const paused = await session(({ client }) => client.scheduler.pause());
          output.answer(paused, () => `Schedules and webhooks are paused since ${paused.pausedSince}.\n`);
        }),
      ),
    "scheduler pause",
  );
  withExample(
    scheduler
      .command("resume")
      .description("resume schedules and webhooks, from now on")
      .action(
        act(async ({ session, output }) => {
          const resumed = await session(({ client }) => client.scheduler.resume());
          output.answer(resumed, () => "Schedules and webhooks are on, from now on.\n");
        }),
      ),
    "scheduler resume",
  );
}
