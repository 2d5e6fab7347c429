import type { Command } from "commander";
import type { SecretDetail, SecretRecord } from "../../../../preload/contract/secrets.ts";
import { parseCount } from "../arguments.ts";
import { ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { confirmChange } from "../secret-confirm.ts";
import type { ConfirmOptions } from "../secret-confirm.ts";
import { secretText, versionsText } from "../secret-text.ts";

interface VersionOption extends ConfirmOptions {
  version?: number;
}

/** Of commands that stop routines: they ask on a terminal only. */
const YES = ["--yes", "do not ask on a terminal"] as const;

/** What is done to a secret as a whole or to one of its versions. */
export function addSecretVersions(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("disable")
      .argument("<secret>", "id or key")
      .option("--version <number>", "only this version; `latest` never falls back to an older one", parseCount)
      .option(...YES)
      .description("stop a secret from being used; runs that need it are refused")
      .action(
        act<VersionOption>(async (invocation, options) => {
          const { version } = options;
          const one = oneSecret(invocation);
          if (version === undefined) {
            const secret = await invocation.session(async (session) => {
              await confirmChange(invocation, session, "disable", options);
              return session.client.secrets.disable(one);
            });
            showSecret(invocation, secret);
          } else {
            const secret = await invocation.session(async (session) => {
              await confirmChange(invocation, session, "disable_version", options);
              return session.client.secrets.disableVersion({ ...one, version });
            });
            showDetail(invocation, secret);
          }
        }),
      ),
    "secrets disable gh-token",
    "secrets disable gh-token --version 2",
  );

  withExample(
    secrets
      .command("enable")
      .argument("<secret>", "id or key")
      .option("--version <number>", "only this version", parseCount)
      .description("let a disabled or archived secret, or a disabled version, be used again")
      .action(
        act<{ version?: number }>(async (invocation, { version }) => {
          const one = oneSecret(invocation);
          if (version === undefined) {
            showSecret(invocation, await invocation.session(({ client }) => client.secrets.enable(one)));
          } else {
            const enabled = invocation.session(({ client }) => client.secrets.enableVersion({ ...one, version }));
            showDetail(invocation, await enabled);
          }
        }),
      ),
    "secrets enable gh-token",
    "secrets enable gh-token --version 2",
  );

  withExample(
    secrets
      .command("rollback")
      .argument("<secret>", "id or key")
      .requiredOption("--version <number>", "the version whose value comes back", parseCount)
      .description("give a secret the value of an older version, as a new version")
      .action(
        act<{ version?: number }>(async (invocation, { version = 0 }) => {
          const secret = await invocation.session(({ client }) =>
            client.secrets.rollback({ ...oneSecret(invocation), version }),
          );
          showDetail(invocation, secret);
        }),
      ),
    "secrets rollback gh-token --version 1",
  );

  withExample(
    secrets
      .command("destroy")
      .argument("<secret>", "id or key")
      .requiredOption("--version <number>", "the version to destroy", parseCount)
      .option(...YES)
      .description("destroy the value of one version for good; its number is never used again")
      .action(
        act<VersionOption>(async (invocation, options) => {
          const { version = 0 } = options;
          const secret = await invocation.session(async (session) => {
            await confirmChange(invocation, session, "destroy_version", options);
            return session.client.secrets.destroyVersion({ ...oneSecret(invocation), version });
          });
          showDetail(invocation, secret);
        }),
      ),
    "secrets destroy gh-token --version 1",
  );

  withExample(
    secrets
      .command("archive")
      .argument("<secret>", "id or key")
      .option(...YES)
      .description("put a secret away; it is not used and not listed by default")
      .action(
        act<ConfirmOptions>(async (invocation, options) => {
          const secret = await invocation.session(async (session) => {
            await confirmChange(invocation, session, "archive", options);
            return session.client.secrets.archive(oneSecret(invocation));
          });
          showSecret(invocation, secret);
        }),
      ),
    "secrets archive gh-token",
  );

  withExample(
    secrets
      .command("delete")
      .argument("<secret>", "id or key")
      .option(...YES)
      .description("delete a secret and its versions; its access events stay")
      .action(
        act<ConfirmOptions>(async (invocation, options) => {
          const deleted = await invocation.session(async (session) => {
            await confirmChange(invocation, session, "delete", options);
            return session.client.secrets.delete(oneSecret(invocation));
          });
          invocation.output.answer(deleted, () => {
            const copy = deleted.providerCopy === "kept" ? " What is at the provider stays there." : "";
            return `The secret ${deleted.key} is deleted. Its access events stay.${copy}\n`;
          });
        }),
      ),
    "secrets delete gh-token",
  );
}

/** The secret that the first argument names, as a call takes it. */
export function oneSecret(invocation: Invocation): { company?: string; secret: string } {
  return { ...ofCompany(invocation), secret: invocation.argument(0) };
}

/** Answers with a secret. */
export function showSecret({ output, host }: Invocation, secret: SecretRecord): void {
  output.answer(secret, () => secretText(secret, output, host.clock.now()));
}

/** Answers with a secret and its versions. */
function showDetail({ output, host }: Invocation, secret: SecretDetail): void {
  const now = host.clock.now();
  output.answer(secret, () => `${secretText(secret, output, now)}\n${versionsText(secret, null, output, now)}`);
}
