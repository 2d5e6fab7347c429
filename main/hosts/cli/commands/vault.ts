import type { Command } from "commander";
import { paintState, plural, stateText } from "../format.ts";
import { withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";
import { keySourcesText } from "../key-sources-text.ts";
import { findingsText } from "../vault-text.ts";
import { addMasterKey } from "./master-key.ts";

/** The vault and its master key. */
export function addVault(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("health")
      .description("state of the vault and of its master key, and who can read the key")
      .action(
        act(async (invocation) => {
          const health = await invocation.session(({ client }) => client.secrets.health());
          const { counts } = health;
          invocation.output.answer(health, (output) => {
            const fields = output.fields([
              ["vault", paintState(stateText(health.state), health.state, output.colours)],
              ["key id", health.keyId ?? "none"],
              ["expected", health.expectedKeyId === health.keyId ? null : health.expectedKeyId],
              ["custody", health.custody],
              ["who can read", health.whoCanRead],
              ["holds", `${plural(counts.secrets, "secret")}, ${plural(counts.versions, "version")}`],
            ]);
            return `${findingsText(health.findings, output)}${fields}\n${keySourcesText(health.sources, output)}`;
          });
        }),
      ),
    "secrets health",
  );

  addMasterKey(secrets, act);
}
