import { Option } from "commander";
import type { Command } from "commander";
import type { Layer } from "../../../../preload/contract/environment.ts";
import { layer } from "../../../../preload/contract/environment.ts";
import type { ImportAnswer, ImportRow, InlineAnswer } from "../../../../preload/contract/inline-secrets.ts";
import { readText } from "../files.ts";
import { plural } from "../format.ts";
import { collect, given, ofCompany, withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";
import type { Output } from "../output.ts";

interface ImportOptions {
  layer: Layer;
  target: string;
  apply?: true;
  replace?: true;
  allSecret?: true;
  secret?: string[];
  plain?: string[];
  leaveOut?: string[];
}

/** Values that stand in clear on their way into secrets: those of envs, and those of a .env file. */
export function addInlineSecrets(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("migrate-inline-env")
      .description(
        "turn credentials in plain values of agents, projects and routines into secrets; shows it unless --apply",
      )
      .option("--apply", "do it")
      .action(
        act<{ apply?: true }>(async (invocation, { apply }) => {
          const company = ofCompany(invocation);
          const answer = await invocation.session(({ client }) =>
            apply ? client.inlineSecrets.migrate(company) : client.inlineSecrets.preview(company),
          );
          invocation.output.answer(answer, (output) => migrationText(answer, output));
        }),
      ),
    "secrets migrate-inline-env",
    "secrets migrate-inline-env --apply",
  );

  withExample(
    secrets
      .command("import-env")
      .argument("<file>", "a .env file")
      .description("import a .env file into the env of an agent, project or routine; shows it unless --apply")
      .addOption(new Option("--layer <layer>", "whose env it goes into").choices(layer.options).makeOptionMandatory())
      .requiredOption("--target <name>", "id or name of the agent or project, id or title of the routine")
      .option("--apply", "do it, all or nothing")
      .option("--replace", "replace what the env has under the same keys")
      .option("--all-secret", "make secrets of all values, and not only of those that look like credentials")
      .option("--secret <key>", "make a secret of this one; repeatable", collect)
      .option("--plain <key>", "keep this one plain; repeatable", collect)
      .option("--leave-out <key>", "do not import this one; repeatable", collect)
      .action(
        act<ImportOptions>(async (invocation, { layer: wanted, target, apply, ...choices }) => {
          const text = await readText(invocation.argument(0));
          const input = { ...ofCompany(invocation), layer: wanted, target, text, ...given(choices) };
          const answer = await invocation.session(({ client }) =>
            apply ? client.inlineSecrets.importFile(input) : client.inlineSecrets.importPreview(input),
          );
          invocation.output.answer(answer, (output) => importText(answer, output));
        }),
      ),
    "secrets import-env .env --layer routine --target 'Nightly triage'",
    "secrets import-env .env --layer agent --target coder --plain LOG_LEVEL --apply",
  );
}

function migrationText({ applied, findings, notes }: InlineAnswer, output: Output): string {
  if (findings.length === 0) return "No plain value of an agent, project or routine looks like a credential.\n";
  const table = output.table(
    [
      { title: "LAYER", of: (one) => one.layer },
      { title: "NAME", of: (one) => one.consumerName },
      { title: "KEY", of: (one) => one.key },
      {
        title: applied ? "BECAME" : "BECOMES",
        of: (one) => (one.secretKey === null ? "stays plain" : `⚿ ${one.secretKey}`),
      },
      { title: "SECRET", of: (one) => SECRETS[one.outcome] },
      { title: "WHY", of: (one) => (one.skipped === null ? one.why : `Skipped: ${one.skipped}`) },
    ],
    findings,
  );
  const waits = !applied && findings.some(({ outcome }) => outcome !== "skipped");
  return table + notesText(waits ? ["Nothing was changed yet. Add --apply to do it.", ...notes] : notes, output);
}

const SECRETS = { new_secret: "new", existing_secret: "the same value", skipped: "–" };

function importText({ applied, layer: whose, targetName, rows, notes }: ImportAnswer, output: Output): string {
  const changed = rows.filter(({ outcome }) => ["new_secret", "existing_secret", "plain"].includes(outcome)).length;
  const table =
    rows.length === 0
      ? ""
      : output.table(
          [
            { title: "LINE", of: (row) => row.line, right: true },
            { title: "KEY", of: (row) => row.key },
            { title: applied ? "BECAME" : "BECOMES", of: outcomeText },
            { title: "WHY", of: (row) => row.why },
          ],
          rows,
        );
  const what = `${plural(changed, "key")} of ${rows.length} for the ${whose} "${targetName}"`;
  const head = applied
    ? `Imported: ${what}.\n`
    : `${output.hint(`Nothing was changed yet. To import: ${what}. Add --apply to do it.`)}\n`;
  const conflicts = rows.some(({ outcome }) => outcome === "conflict")
    ? ["Add --replace to replace what the env has under keys in conflict."]
    : [];
  return table + head + notesText([...conflicts, ...notes], output);
}

function outcomeText({ outcome, secretKey, replaces }: ImportRow): string {
  const instead = replaces ? ", replaces what is there" : "";
  switch (outcome) {
    case "new_secret":
      return `⚿ ${secretKey}, new${instead}`;
    case "existing_secret":
      return `⚿ ${secretKey}, the same value${instead}`;
    case "plain":
      return `plain${instead}`;
    case "unchanged":
      return "unchanged";
    case "conflict":
      return "left as it is: conflict";
    case "refused":
      return "refused";
    case "left_out":
      return "left out";
  }
}

function notesText(notes: readonly string[], output: Output): string {
  return notes.map((note) => `${output.hint(note)}\n`).join("");
}
