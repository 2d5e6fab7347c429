import type { Command } from "commander";
import type { VaultHealth } from "../../../../preload/contract/secrets.ts";
import { paintState, plural, stateText } from "../format.ts";
import { withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";
import type { Output } from "../output.ts";
import { oneLine } from "../text.ts";

/** The vault and its master key. */
export function addVault(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("health")
      .description("state of the vault and of its master key, and who can read the key")
      .action(
        act(async (invocation) => {
          const health = await invocation.session(({ client }) => client.secrets.health());
          invocation.output.answer(health, (output) => {
            const counts = `${plural(health.counts.secrets, "secret")}, ${plural(health.counts.versions, "version")}`;
            return keyText(health, output, [["holds", counts]]);
          });
        }),
      ),
    "secrets health",
  );

  const key = secrets.command("key").description("the master key");
  withExample(
    key
      .command("show")
      .description("id, state and custody of the master key; never the key")
      .action(
        act(async (invocation) => {
          const { counts: _, ...master } = await invocation.session(({ client }) => client.secrets.health());
          invocation.output.answer(master, (output) => keyText(master, output, []));
        }),
      ),
    "secrets key show",
  );
}

function keyText(
  health: Omit<VaultHealth, "counts">,
  output: Output,
  further: readonly (readonly [string, string])[],
): string {
  const findings = health.findings.map(({ level, message, next }) => {
    const found = `${paintState(stateText(level), level, output.colours)}: ${oneLine(message)}\n`;
    return next === null ? found : `${found}  ${output.colours.bold("next:")} ${output.hint(next)}\n`;
  });
  const fields = output.fields([
    ["vault", paintState(stateText(health.state), health.state, output.colours)],
    ["key id", health.keyId ?? "none"],
    ["expected", health.expectedKeyId === health.keyId ? null : health.expectedKeyId],
    ["custody", health.custody],
    ["who can read", health.whoCanRead],
    ...further,
  ]);
  return [...findings, ...(findings.length > 0 ? ["\n"] : []), fields].join("");
}
