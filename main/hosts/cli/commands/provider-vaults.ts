import { Option } from "commander";
import type { Command } from "commander";
import { type ProviderId, type ProviderVaultRecord } from "../../../../preload/contract/providers.ts";
import { provider as providerNames } from "../../../../preload/contract/secrets.ts";
import { parseAssignments } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { bothTimes, paintState, plural, relativeTime, stateText } from "../format.ts";
import { collect, given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { addRemoteSecrets } from "./remote-secrets.ts";

interface SaveOptions {
  provider?: ProviderId;
  name?: string;
  set?: string[];
  unset?: string[];
  default?: true;
}

/** Settings that are numbers; on a command line everything is text. */
const NUMBERS: ReadonlySet<string> = new Set(["recoveryWindowDays", "timeoutSeconds"]);

/** Where secrets can be kept. */
export function addProviders(program: Command, act: Act): void {
  const providers = program.command("providers").description("where secrets can be kept");
  withExample(
    providers
      .command("list")
      .description("every provider, and what is missing to use it")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.providers.list(ofCompany(invocation)));
          invocation.output.answer(answer, (output) =>
            output.table(
              [
                { title: "PROVIDER", of: (row) => row.id, whole: true },
                {
                  title: "STATE",
                  of: (row) => stateText(row.state),
                  paint: (cell, row) => paintState(cell, row.state, output.colours),
                },
                { title: "VAULTS", of: (row) => row.vaults, right: true },
                { title: "MEANING", of: (row) => row.reason ?? row.label, spare: 1 },
              ],
              answer.providers,
            ),
          );
        }),
      ),
    "providers list",
  );
  withExample(
    providers
      .command("health")
      .description("check each provider; only those with a vault in use are asked")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.providers.health(ofCompany(invocation)));
          invocation.output.answer(answer, (output) =>
            answer.providers
              .map(({ provider, status, message, next }) => {
                const found = `${paintState(stateText(status), status, output.colours)}  ${provider}: ${message}\n`;
                return next === null ? found : `${found}  ${output.colours.bold("next:")} ${output.hint(next)}\n`;
              })
              .join(""),
          );
        }),
      ),
    "providers health",
  );
}

/** Where secrets of a provider live; no credential is kept with them. */
export function addProviderVaults(program: Command, act: Act): void {
  const vaults = program
    .command("provider-vaults")
    .description("where secrets of a provider live; they hold no credential");

  withExample(
    vaults.command("list").description("list the provider vaults of a company").action(act(listVaults)),
    "provider-vaults list",
  );
  withExample(
    vaults
      .command("show")
      .argument("<vault>", "id or name")
      .description("show one provider vault")
      .action(
        act(async (invocation) => {
          const vault = await invocation.session(({ client }) => client.providerVaults.get(oneVault(invocation)));
          showVault(invocation, vault);
        }),
      ),
    "provider-vaults show Main",
  );
  withExample(
    vaults
      .command("create")
      .description("create a provider vault; nothing is called")
      .addOption(new Option("--provider <provider>", "whose").choices(providerNames.options).makeOptionMandatory())
      .requiredOption("--name <name>", "what it is called")
      .option("--set <key=value>", "a setting, such as region=eu-central-1; never a credential; repeatable", collect)
      .option("--default", "make it the one that new secrets of its provider go to")
      .action(
        act<SaveOptions>(
          async (invocation, { provider = "aws_secrets_manager", name = "", set, default: isDefault }) => {
            const config = settingsOf(set ?? []);
            const vault = await invocation.session(({ client }) =>
              client.providerVaults.create({
                ...ofCompany(invocation),
                provider,
                name,
                config,
                ...given({ isDefault }),
              }),
            );
            showVault(invocation, vault);
          },
        ),
      ),
    "provider-vaults create --provider aws_secrets_manager --name Main --set region=eu-central-1 --default",
  );
  withExample(
    vaults
      .command("update")
      .argument("<vault>", "id or name")
      .description("change the name or single settings; those that are not named stay")
      .option("--name <name>", "what it is called")
      .option("--set <key=value>", "a setting; repeatable", collect)
      .option("--unset <key>", "put a setting back to its default; repeatable", collect)
      .action(act<SaveOptions>(updateVault)),
    "provider-vaults update Main --set recoveryWindowDays=7",
  );
  for (const [name, status, description] of [
    ["enable", "ready", "let a disabled provider vault be used again"],
    ["disable", "disabled", "stop a provider vault from being used; runs that need its secrets are refused"],
  ] as const) {
    withExample(
      vaults
        .command(name)
        .argument("<vault>", "id or name")
        .description(description)
        .action(
          act(async (invocation) => {
            const vault = await invocation.session(({ client }) =>
              client.providerVaults.update({ ...oneVault(invocation), status }),
            );
            showVault(invocation, vault);
          }),
        ),
      `provider-vaults ${name} Main`,
    );
  }
  for (const [name, procedure, description] of [
    ["default", "setDefault", "make it the one that new secrets of its provider go to"],
    ["health", "health", "check a provider vault and keep the outcome; no value is read"],
  ] as const) {
    withExample(
      vaults
        .command(name)
        .argument("<vault>", "id or name")
        .description(description)
        .action(
          act(async (invocation) => {
            const vault = await invocation.session(({ client }) =>
              client.providerVaults[procedure](oneVault(invocation)),
            );
            showVault(invocation, vault);
          }),
        ),
      `provider-vaults ${name} Main`,
    );
  }
  withExample(
    vaults
      .command("remove")
      .argument("<vault>", "id or name")
      .description("remove a provider vault here; nothing is changed at the provider")
      .option("--leave-secrets", "although secrets are in it, which no run can read any more")
      .action(
        act<{ leaveSecrets?: true }>(async (invocation, { leaveSecrets }) => {
          const removed = await invocation.session(({ client }) =>
            client.providerVaults.remove({ ...oneVault(invocation), ...given({ leaveSecrets }) }),
          );
          invocation.output.answer(removed, () => {
            const left =
              removed.secrets === 0 ? "" : ` ${plural(removed.secrets, "secret")} can be read by no run without it.`;
            return `The provider vault ${removed.name} is removed here; nothing was changed at the provider.${left}\n`;
          });
        }),
      ),
    "provider-vaults remove Main",
  );
  addRemoteSecrets(vaults, act);
}

async function listVaults(invocation: Invocation): Promise<void> {
  const answer = await invocation.session(({ client }) => client.providerVaults.list(ofCompany(invocation)));
  const now = invocation.host.clock.now();
  invocation.output.answer(answer, (output) =>
    answer.vaults.length === 0
      ? `${output.hint("There is no provider vault here; values are sealed on this machine. Create one: `paperclip-desktop provider-vaults create --provider aws_secrets_manager --name NAME --set region=REGION`")}\n`
      : output.table(
          [
            { title: "NAME", of: (vault) => vault.name },
            { title: "PROVIDER", of: (vault) => vault.provider },
            {
              title: "STATE",
              of: (vault) => stateText(vault.status),
              paint: (cell, vault) => paintState(cell, vault.status, output.colours),
            },
            { title: "DEFAULT", of: (vault) => (vault.isDefault ? "yes" : null) },
            { title: "SECRETS", of: (vault) => vault.secrets, right: true },
            { title: "HEALTH", of: (vault) => vault.health && stateText(vault.health.status), spare: 2 },
            { title: "CHECKED", of: (vault) => relativeTime(vault.health?.checkedAt ?? null, now), spare: 2 },
            { title: "ID", of: (vault) => vault.id, whole: true, spare: 1 },
          ],
          answer.vaults,
        ),
  );
}

async function updateVault(invocation: Invocation, { name, set, unset }: SaveOptions): Promise<void> {
  const changed = settingsOf(set ?? []);
  if (name === undefined && set === undefined && unset === undefined) {
    throw new UsageError("Nothing is to be changed.", "Give --name, --set or --unset.");
  }
  const vault = await invocation.session(async ({ client }) => {
    const one = oneVault(invocation);
    if (set === undefined && unset === undefined) return client.providerVaults.update({ ...one, ...given({ name }) });
    const { config } = await client.providerVaults.get(one);
    const kept = Object.entries({ ...config, ...changed }).filter(([key]) => !(unset ?? []).includes(key));
    return client.providerVaults.update({ ...one, ...given({ name }), config: Object.fromEntries(kept) });
  });
  showVault(invocation, vault);
}

function settingsOf(texts: readonly string[]): Record<string, string | number> {
  return Object.fromEntries(
    Object.entries(parseAssignments(texts, "--set")).map(([key, text]) => [
      key,
      NUMBERS.has(key) && /^\d{1,6}$/.test(text) ? Number(text) : text,
    ]),
  );
}

function oneVault(invocation: Invocation): { company?: string; vault: string } {
  return { ...ofCompany(invocation), vault: invocation.argument(0) };
}

function showVault({ output, host }: Invocation, vault: ProviderVaultRecord): void {
  output.answer(vault, () => vaultText(vault, output, host.clock.now()));
}

function vaultText(vault: ProviderVaultRecord, output: Output, now: Date): string {
  const { health } = vault;
  const fields = output.fields([
    ["name", vault.name],
    ["provider", vault.provider],
    ["state", paintState(stateText(vault.status), vault.status, output.colours)],
    ["default", vault.isDefault ? "yes" : "no"],
    ["secrets", plural(vault.secrets, "secret")],
    ...Object.entries(vault.config).map(([key, value]) => [key, String(value)] as const),
    ["health", health && `${stateText(health.status)}: ${health.message}`],
    ["checked", bothTimes(health?.checkedAt ?? null, now) ?? "never"],
    ["id", vault.id],
  ]);
  return health?.next ? `${fields}${output.colours.bold("next:")} ${output.hint(health.next)}\n` : fields;
}
