import { Option } from "commander";
import type { Command } from "commander";
import { definitionFormat } from "../../../../preload/contract/definitions.ts";
import type { DefinitionFormat } from "../../../../preload/contract/definitions.ts";
import { definitionsText } from "../definitions-text.ts";
import { UsageError } from "../errors.ts";
import { readText } from "../files.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";

interface ImportOptions {
  apply?: true;
  paused?: true;
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
      .description("import routines from a file; shows what would change unless --apply")
      .option("--apply", "do it, all or nothing")
      .option("--paused", "new routines start paused")
      .option("--skip-refused", "import the others where some are refused")
      .action(act<ImportOptions>(importFile)),
    "routines import routines.yaml",
    "routines import routines.yaml --apply",
  );
}

async function importFile(invocation: Invocation, { apply, ...choices }: ImportOptions): Promise<void> {
  const file = invocation.argumentOr(0, undefined);
  if (file === undefined)
    throw new UsageError("No file is named.", "Name one: `paperclip-desktop routines import FILE`");
  const input = { ...ofCompany(invocation), text: await readText(file), ...given(choices) };
  const answer = await invocation.session(({ client }) =>
    apply ? client.definitions.import(input) : client.definitions.importPreview(input),
  );
  invocation.output.answer(answer, (output) => definitionsText(answer, output));
}

function allArguments(invocation: Invocation): string[] {
  const found: string[] = [];
  for (let next = invocation.argumentOr(0, undefined); next !== undefined;) {
    found.push(next);
    next = invocation.argumentOr(found.length, undefined);
  }
  return found;
}
