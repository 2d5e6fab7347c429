import { Option } from "commander";
import type { Command } from "commander";
import { definitionFormat } from "../../../../preload/contract/definitions.ts";
import type { DefinitionFormat, DefinitionsImport } from "../../../../preload/contract/definitions.ts";
import { definitionsText } from "../definitions-text.ts";
import { UsageError } from "../errors.ts";
import { readText } from "../files.ts";
import { collect, given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";

interface ImportOptions {
  crontab?: string;
  apply?: true;
  paused?: true;
  active?: true;
  zone?: string;
  agent?: string;
  plain?: string[];
  skipRefused?: true;
}

/** Routines as files, out and in. */
export function addRoutineFiles(routines: Command, act: Act): void {
  withExample(
    routines
      .command("export")
      .argument("[routines...]", "ids or titles; all that are not archived where none is named")
      .description("write routines as a file, without values of secrets")
      .addOption(new Option("--format <format>", "of the file").choices(definitionFormat.options).default("yaml"))
      .action(
        act<{ format: DefinitionFormat }>(async (invocation, { format }) => {
          const titles = allArguments(invocation);
          const file = await invocation.session(({ client }) =>
            client.definitions.export({
              ...ofCompany(invocation),
              format,
              ...(titles.length === 0 ? {} : { routines: titles }),
            }),
          );
          for (const note of file.notes) invocation.output.progress(note);
          invocation.output.answer(file, () => file.text);
        }),
      ),
    'routines export "Nightly triage" > nightly-triage.yaml',
    "routines export --format json > routines.json",
  );

  withExample(
    routines
      .command("import")
      .argument("[file]", "one routine or several, as JSON or YAML")
      .description("import routines from a file, or a crontab; shows what would change unless --apply")
      .option(
        "--crontab <file>",
        "the jobs of a user's crontab, as `crontab -l` prints it, instead of a file of routines",
      )
      .option("--apply", "do it, all or nothing")
      .option("--paused", "new routines start paused; those of a crontab do anyway")
      .option("--active", "those of a crontab start at once")
      .option("--zone <zone>", "of a crontab's jobs that CRON_TZ says nothing of (that of this machine)")
      .option("--agent <name>", "who hands a crontab's commands to a shell (crontab)")
      .option("--plain <key>", "keep this variable of a crontab plain, whatever it looks like; repeatable", collect)
      .option("--skip-refused", "import the others where some are refused")
      .action(act<ImportOptions>(importFile)),
    "routines import routines.yaml",
    "routines import routines.yaml --apply",
    "routines import --crontab my-crontab --zone Europe/Berlin",
  );
}

async function importFile(invocation: Invocation, options: ImportOptions): Promise<void> {
  const { crontab } = options;
  const file = invocation.argumentOr(0, undefined);
  if ((file === undefined) === (crontab === undefined)) {
    throw new UsageError(
      file === undefined ? "No file is named." : "A file of routines and a crontab are named.",
      "Name one: `paperclip-desktop routines import FILE`",
    );
  }
  const answer =
    crontab === undefined
      ? await routinesIn(invocation, file ?? "", options)
      : await jobsIn(invocation, crontab, options);
  invocation.output.answer(answer, (output) => definitionsText(answer, output));
}

async function routinesIn(invocation: Invocation, file: string, options: ImportOptions): Promise<DefinitionsImport> {
  const { apply, paused, skipRefused, active, zone, agent, plain } = options;
  if ([active, zone, agent, plain].some((one) => one !== undefined)) {
    throw new UsageError("--active, --zone, --agent and --plain belong to a crontab.", "Leave them out.");
  }
  const input = { ...ofCompany(invocation), text: await readText(file), ...given({ paused, skipRefused }) };
  return invocation.session(({ client }) =>
    apply ? client.definitions.import(input) : client.definitions.importPreview(input),
  );
}

async function jobsIn(invocation: Invocation, file: string, options: ImportOptions): Promise<DefinitionsImport> {
  const { apply, paused, active, zone, agent, plain, skipRefused } = options;
  if (paused && active) throw new UsageError("--paused and --active contradict each other.", "Leave one out.");
  const text = await readText(file);
  const input = { ...ofCompany(invocation), text, ...given({ active, zone, agent, plain, skipRefused }) };
  return invocation.session(({ client }) =>
    apply ? client.definitions.crontabImport(input) : client.definitions.crontabPreview(input),
  );
}

function allArguments(invocation: Invocation): string[] {
  const found: string[] = [];
  for (let next = invocation.argumentOr(0, undefined); next !== undefined;) {
    found.push(next);
    next = invocation.argumentOr(found.length, undefined);
  }
  return found;
}
