import { Option } from "commander";
import type { Command } from "commander";
import type { ProviderId } from "../../../../preload/contract/providers.ts";
import { provider as providerNames, secretFilterStatus } from "../../../../preload/contract/secrets.ts";
import type { SecretFilterStatus } from "../../../../preload/contract/secrets.ts";
import { paintState, plural, relativeTime, stateText } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { readValue } from "../values.ts";
import type { ValueOptions } from "../values.ts";
import { addInlineSecrets } from "./inline-secrets.ts";
import { addSecretAccess } from "./secret-access.ts";
import { secretText, versionsText } from "../secret-text.ts";
import { addSecretVersions, oneSecret, showSecret } from "./secret-versions.ts";
import { addVault } from "./vault.ts";

interface NewSecret {
  key?: string;
  name?: string;
  description?: string;
  provider?: ProviderId;
  vault?: string;
}

interface CreateOptions extends ValueOptions, NewSecret {}

interface LinkOptions extends NewSecret {
  ref?: string;
}

interface RotateOptions extends ValueOptions {
  note?: string;
}

export function addSecrets(program: Command, act: Act): void {
  const secrets = program.command("secrets").description("values that runs are given; no command ever shows one");

  withExample(
    secrets
      .command("list")
      .description("list the secrets of a company")
      .addOption(new Option("--status <status>", "only those in this state").choices(secretFilterStatus.options))
      .action(act<{ status?: SecretFilterStatus }>(listSecrets)),
    "secrets list",
  );

  withExample(
    secrets
      .command("show")
      .argument("<secret>", "id or key")
      .description("show one secret with its versions, and which of them runs were given")
      .action(
        act(async (invocation) => {
          const one = oneSecret(invocation);
          const [secret, use] = await invocation.session(({ client }) =>
            Promise.all([client.secrets.get(one), client.secrets.versionUse(one)]),
          );
          const { output, host } = invocation;
          const now = host.clock.now();
          output.answer(
            { ...secret, versionUse: use },
            () => `${secretText(secret, output, now)}\n${versionsText(secret, use, output, now)}`,
          );
        }),
      ),
    "secrets show gh-token",
  );

  withExample(
    withPlace(
      withValue(secrets.command("create").description("create a secret; its value is never an argument")),
    ).action(
      act<CreateOptions>(async (invocation, { key = "", name, description, provider, vault, ...source }) => {
        const value = await readValue(source, invocation.host);
        const secret = await invocation.session(({ client }) =>
          client.secrets.create({
            ...ofCompany(invocation),
            key,
            value,
            ...given({ name, description, provider, vault }),
          }),
        );
        showSecret(invocation, secret);
      }),
    ),
    "secrets create --key gh-token --value-file token.txt",
    "gh auth token | tr -d '\\n' | PROGRAM secrets create --key gh-token --value-stdin",
    "secrets create --key gh-token --value-env TOKEN --provider aws_secrets_manager --vault Main",
  );

  withExample(
    withPlace(
      secrets
        .command("link")
        .description("link a secret that is kept at a provider; its value is read there at each run")
        .requiredOption("--ref <reference>", "its name or ARN at the provider"),
    ).action(
      act<LinkOptions>(async (invocation, { ref: externalRef = "", key = "", ...rest }) => {
        const secret = await invocation.session(({ client }) =>
          client.secrets.link({ ...ofCompany(invocation), externalRef, key, ...given({ ...rest }) }),
        );
        showSecret(invocation, secret);
      }),
    ),
    "secrets link --key slack-hook --vault Main --ref team/slack",
  );

  withExample(
    withValue(
      secrets
        .command("rotate")
        .argument("<secret>", "id or key")
        .description("give a secret a new value, as a new version"),
    )
      .option("--note <text>", "why, or where the value is from; never the value")
      .action(
        act<RotateOptions>(async (invocation, { note, ...source }) => {
          const value = await readValue(source, invocation.host);
          const secret = await invocation.session(({ client }) =>
            client.secrets.rotate({ ...oneSecret(invocation), value, ...given({ note }) }),
          );
          showSecret(invocation, secret);
        }),
      ),
    "secrets rotate gh-token --value-env NEW_TOKEN",
  );

  addSecretVersions(secrets, act);
  addInlineSecrets(secrets, act);
  addSecretAccess(secrets, act);
  addVault(secrets, act);
}

function withValue(command: Command): Command {
  return command
    .option("--value-stdin", "read the value from standard input, to the byte; a terminal asks for one line")
    .option("--value-file <file>", "read the value from a file, to the byte")
    .option("--value-env <name>", "take the value from this variable of the environment");
}

/** What a new secret is called, and where it is kept. */
function withPlace(command: Command): Command {
  return command
    .requiredOption("--key <key>", "the key by which env bindings name it")
    .option("--name <name>", "a name for people")
    .option("--description <text>", "what it is for")
    .addOption(new Option("--provider <provider>", "where its value is kept").choices(providerNames.options))
    .option("--vault <vault>", "the provider vault, by id or name; left out, the default one of the provider");
}

async function listSecrets(invocation: Invocation, { status }: { status?: SecretFilterStatus }): Promise<void> {
  const now = invocation.host.clock.now();
  const { secrets } = await invocation.session(({ client }) =>
    client.secrets.list({ ...ofCompany(invocation), ...given({ status }) }),
  );
  invocation.output.answer({ secrets }, (output) =>
    secrets.length === 0
      ? `${output.hint("There is no secret here. Create one: `paperclip-desktop secrets create --key KEY --value-stdin`")}\n`
      : output.table(
          [
            { title: "KEY", of: (secret) => `⚿ ${secret.key}` },
            {
              title: "STATUS",
              of: (secret) => stateText(secret.status),
              whole: true,
              paint: (cell, secret) => paintState(cell, secret.status, output.colours),
            },
            { title: "LATEST", of: (secret) => `v${secret.latestVersion}`, right: true },
            { title: "USED BY", of: (secret) => plural(secret.references, "binding"), spare: 3 },
            { title: "LAST USED", of: (secret) => relativeTime(secret.lastResolvedAt, now) ?? "never" },
            { title: "ROTATED", of: (secret) => relativeTime(secret.lastRotatedAt, now), spare: 2 },
            { title: "ID", of: (secret) => secret.id, whole: true, spare: 1 },
          ],
          secrets,
        ),
  );
}
