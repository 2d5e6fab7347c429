import { createInterface } from "node:readline/promises";
import { Option } from "commander";
import type { Command } from "commander";
import type { z } from "zod";
import { settingsSection } from "../../../../preload/contract/system.ts";
import { parseAssignment } from "../arguments.ts";
import { mayAsk } from "../confirm.ts";
import { UsageError } from "../errors.ts";
import { collect, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { unlessAborted } from "../session.ts";
import { withSettings } from "../settings-access.ts";
import { readValue, VALUE_SOURCES } from "../values.ts";
import type { ValueOptions } from "../values.ts";

type Json = z.infer<ReturnType<typeof z.json>>;
type Section = z.infer<typeof settingsSection>;

interface ConfigureOptions extends ValueOptions {
  section?: Section;
  set?: string[];
}

export function addConfigure(program: Command, act: Act): void {
  withExample(
    program
      .command("configure")
      .description("show or change the settings of one section; asks on a terminal")
      .addOption(
        new Option("--section <section>", "which settings").choices(settingsSection.options).makeOptionMandatory(),
      )
      .option("--set <key=value>", "change a setting; an empty value puts the default back; repeatable", collect)
      .option("--value-stdin", "with --set KEY alone: read its value from standard input")
      .option("--value-file <file>", "with --set KEY alone: read its value from a file")
      .option("--value-env <name>", "with --set KEY alone: take its value from this variable of the environment")
      .action(act<ConfigureOptions>(configure)),
    "configure --section secrets",
    "configure --section secrets --set strictMode=false",
    "configure --section database --set mode=postgres --set connectionString --value-file url.txt",
  );
}

async function configure(invocation: Invocation, options: ConfigureOptions): Promise<void> {
  const { section = "general", set, ...source } = options;
  const values = await settingsOf(invocation, set ?? [], source);
  const answer = await withSettings(invocation, async (settings) => {
    if (Object.keys(values).length > 0) return settings.update({ section, values });
    const shown = await settings.get({ section });
    if (!mayAsk(invocation)) return shown;
    const asked = await unlessAborted(askFor(invocation, shown.values), invocation.signal);
    return Object.keys(asked).length > 0 ? settings.update({ section, values: asked }) : shown;
  });
  invocation.output.answer(answer, (output) => {
    const fields = output.fields(Object.entries(answer.values).map(([key, value]) => [key, settingText(value)]));
    return answer.restartNeeded ? `${fields}\nIt takes effect when the instance is next opened.\n` : fields;
  });
}

/** The settings that `--set` names. A key without a value takes it from where values come from. */
async function settingsOf(
  { host }: Invocation,
  assignments: readonly string[],
  source: ValueOptions,
): Promise<Record<string, Json>> {
  const values: Record<string, Json> = {};
  const bare = assignments.filter((assignment) => !assignment.includes("="));
  if (bare.length > 1) throw new UsageError("Only one setting can take its value from a source.");
  for (const assignment of assignments.filter((assignment) => assignment.includes("="))) {
    const [key, text] = parseAssignment(assignment, "--set");
    if (isSensitive(key, text)) {
      throw new UsageError(
        `The setting "${key}" may hold a password, which is never an argument: other users can read those.`,
        `Write --set ${key} without a value, and give it by ${VALUE_SOURCES}.`,
      );
    }
    values[key] = parseSetting(text);
  }
  const [key] = bare;
  const hasSource = Object.values(source).some((given) => given !== undefined);
  if (key === undefined) {
    if (hasSource) throw new UsageError("The value is for no setting.", "Name it by --set KEY, without a value.");
    return values;
  }
  // A file or a pipe ends with a line end that is no part of an address or a path.
  return { ...values, [key]: (await readValue(source, host)).replace(/\r?\n$/, "") };
}

/** Whether a setting may carry a credential, by its name or by the look of its value. */
export function isSensitive(key: string, text: string): boolean {
  return /connectionString|password|token|url$/i.test(key) || /^[a-z][a-z0-9+.-]*:\/\/[^/@\s]*:[^/@\s]*@/i.test(text);
}

/** `true`, `false`, `null` and numbers as such, an empty text as the default, all else as text. */
export function parseSetting(text: string): Json {
  if (text === "" || text === "null") return null;
  if (text === "true") return true;
  if (text === "false") return false;
  return /^-?(0|[1-9][0-9]{0,14})(\.[0-9]{1,10})?$/.test(text) ? Number(text) : text;
}

function settingText(value: Json): string {
  if (value === null) return "default";
  return typeof value === "string" ? value : JSON.stringify(value);
}

/** Asks for each setting on a terminal; an empty answer keeps it. What may hold a password is not asked for. */
async function askFor(
  { host, output, signal }: Invocation,
  settings: Record<string, Json>,
): Promise<Record<string, Json>> {
  const asked: Record<string, Json> = {};
  const terminal = createInterface({ input: host.stdin });
  try {
    output.raw("An empty answer keeps a setting.\n");
    for (const [key, value] of Object.entries(settings)) {
      if (isSensitive(key, "")) continue;
      output.raw(`${key} [${settingText(value)}]: `);
      const answer = (await terminal.question("", { signal })).trim();
      if (answer !== "") asked[key] = parseSetting(answer);
    }
  } finally {
    terminal.close();
  }
  return asked;
}
