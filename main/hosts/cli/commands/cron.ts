import { InvalidArgumentError, type Command } from "commander";
import { explainCron } from "../../../routines/calendar/explain.ts";
import { printCron } from "../../../routines/calendar/expression.ts";
import { upcomingSlots } from "../../../routines/calendar/preview.ts";
import { readSchedule } from "../../../routines/calendar/schedule.ts";
import { parseCount, parseInstant } from "../arguments.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";

const MOST_TIMES = 1_000;

/** Neither opens an instance: the calendar knows no data. */
export function addCron(program: Command, act: Act): void {
  const cron = program.command("cron").description("what a schedule means, and when it is due");
  withExample(
    cron
      .command("next")
      .argument("<expression>", "five fields, or a name such as @daily")
      .description("the next times, strictly after --from")
      .requiredOption("--zone <zone>", "its time zone, such as Europe/Berlin")
      .option("--from <time>", "an instant, such as 2026-03-08T07:00:00Z (now)")
      .option("--count <n>", `how many, ${MOST_TIMES} at most`, parseTimes, 10)
      .action(act<{ zone: string; from?: string; count: number }>(next)),
    `cron next "30 2 * * mon-fri" --zone Europe/Berlin`,
  );
  withExample(
    cron
      .command("explain")
      .argument("<expression>", "five fields, or a name such as @daily")
      .description("the schedule in words")
      .requiredOption("--zone <zone>", "its time zone, such as Europe/Berlin")
      .action(act<{ zone: string }>(explain)),
    `cron explain "0 2 * * 1-5" --zone Europe/Berlin`,
  );
}

async function next(
  { host, output, argument }: Invocation,
  { zone, from, count }: { zone: string; from?: string; count: number },
): Promise<void> {
  const schedule = readSchedule(argument(0), zone);
  const now = host.clock.now();
  const upcoming = upcomingSlots(
    schedule,
    from === undefined ? now.getTime() : Date.parse(parseInstant(from, now)),
    count,
  );
  const rows = upcoming.map(({ at, local, note }) => ({ utc: utcText(at), local, note: note ?? "" }));
  output.answer({ times: rows.map(({ utc }) => utc) }, () => {
    const table = output.table(
      [
        { title: schedule.zone.name, of: (row) => row.local },
        { title: "UTC", of: (row) => row.utc },
        { title: "NOTE", of: (row) => row.note },
      ],
      rows,
    );
    return `${explainCron(schedule.expression, schedule.zone.name)}\n\n${table}`;
  });
}

async function explain({ output, argument }: Invocation, { zone: zoneName }: { zone: string }): Promise<void> {
  const { expression, zone } = readSchedule(argument(0), zoneName);
  const text = explainCron(expression, zone.name);
  output.answer({ expression: printCron(expression), zone: zone.name, text }, () => `${text}\n`);
}

/** Slots are at full seconds; years beyond 9999 have none. */
function utcText(instant: number): string {
  return new Date(instant).toISOString().replace(".000Z", "Z");
}

function parseTimes(text: string): number {
  const count = parseCount(text);
  if (count > MOST_TIMES) throw new InvalidArgumentError(`It takes ${MOST_TIMES} at most.`);
  return count;
}
