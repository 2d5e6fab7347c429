import type { Command } from "commander";
import type { SecretDetail, SecretRecord } from "../../../../preload/contract/secrets.ts";
import { parseCount } from "../arguments.ts";
import { paintState, relativeTime, stateText } from "../format.ts";
import { ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { secretText } from "../secret-text.ts";

interface VersionOption {
  version?: number;
}

/** What is done to a secret as a whole or to one of its versions. */
export function addSecretVersions(secrets: Command, act: Act): void {
  withExample(
    secrets
      .command("disable")
      .argument("<secret>", "id or key")
      .option("--version <number>", "only this version; `latest` never falls back to an older one", parseCount)
      .description("stop a secret from being used; runs that need it are refused")
      .action(
        act<VersionOption>(async (invocation, { version }) => {
          await change(invocation, version, "disable", "disableVersion");
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
        act<VersionOption>(async (invocation, { version }) => {
          await change(invocation, version, "enable", "enableVersion");
        }),
      ),
    "secrets enable gh-token",
  );

  withExample(
    secrets
      .command("rollback")
      .argument("<secret>", "id or key")
      .requiredOption("--version <number>", "the version whose value comes back", parseCount)
      .description("give a secret the value of an older version, as a new version")
      .action(
        act<VersionOption>(async (invocation, { version = 0 }) => {
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
      .description("destroy the value of one version for good; its number is never used again")
      .action(
        act<VersionOption>(async (invocation, { version = 0 }) => {
          const secret = await invocation.session(({ client }) =>
            client.secrets.destroyVersion({ ...oneSecret(invocation), version }),
          );
          showDetail(invocation, secret);
        }),
      ),
    "secrets destroy gh-token --version 1",
  );
}

async function change(
  invocation: Invocation,
  version: number | undefined,
  whole: "disable" | "enable",
  single: "disableVersion" | "enableVersion",
): Promise<void> {
  const one = oneSecret(invocation);
  if (version === undefined) {
    showSecret(invocation, await invocation.session(({ client }) => client.secrets[whole](one)));
  } else {
    showDetail(invocation, await invocation.session(({ client }) => client.secrets[single]({ ...one, version })));
  }
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
export function showDetail({ output, host }: Invocation, secret: SecretDetail): void {
  const now = host.clock.now();
  output.answer(secret, () => {
    const versions = output.table(
      [
        { title: "VERSION", of: (version) => `v${version.version}` },
        {
          title: "STATUS",
          of: (version) => stateText(version.status),
          paint: (cell, version) => paintState(cell, version.status, output.colours),
        },
        { title: "MADE", of: (version) => relativeTime(version.createdAt, now) },
        { title: "REVOKED", of: (version) => relativeTime(version.revokedAt, now) },
        { title: "MASTER KEY", of: (version) => version.keyId },
        { title: "NOTE", of: (version) => version.note ?? "" },
      ],
      secret.versions,
    );
    return `${secretText(secret, output, now)}\n${versions}`;
  });
}
