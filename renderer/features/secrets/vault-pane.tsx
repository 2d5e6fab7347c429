import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Ban, CircleCheck, Pencil, Star, Trash2, Vault } from "lucide-react";
import { useState } from "react";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { ActionMenu } from "../../ui/menu.tsx";
import type { MenuAction } from "../../ui/menu.tsx";
import { EmptyState, Notice } from "../../ui/notice.tsx";
import { Section, SidePane } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { LinkSecretDialog } from "./link-secret-dialog.tsx";
import { counted } from "./secret-words.ts";
import { credentialsText, vaultFields } from "./vault-fields.ts";
import { VaultForm } from "./vault-form.tsx";
import { VaultStepDialog } from "./vault-step-dialog.tsx";
import type { VaultStep } from "./vault-step-dialog.tsx";
import { isUsable, providerLabel, vaultHealth, vaultState } from "./vault-words.ts";

/** One provider vault beside the list: its state, its settings, and what the last check found. */
export function VaultPane({ vaultId, onClose }: { readonly vaultId: string; onClose(): void }) {
  const company = useCompany();
  const query = useQuery(
    useQueries().providerVaults.get.queryOptions({ input: { company: company.id, vault: vaultId } }),
  );
  const code = query.error === null || query.data !== undefined ? null : failureOf(query.error).code;
  return (
    <SidePane title={<span dir="auto">{query.data?.name ?? "Provider vault"}</span>} onClose={onClose}>
      {code === "provider_vault_missing" || code === "provider_vault_foreign" ? (
        <EmptyState
          icon={Vault}
          title="There is no such provider vault"
          action={<Button onPress={onClose}>Close details</Button>}
        >
          The address names a provider vault that this company does not have.
        </EmptyState>
      ) : (
        <Answered query={query} what="The provider vault cannot be shown" loading={<SkeletonRows rows={8} />}>
          {(vault) => <Content vault={vault} onClose={onClose} />}
        </Answered>
      )}
    </SidePane>
  );
}

function Content({ vault, onClose }: { readonly vault: ProviderVaultRecord; onClose(): void }) {
  const { state, word } = vaultState(vault);
  const { provider, config } = vault;
  return (
    <>
      <Actions vault={vault} onRemoved={onClose} />
      {vault.status === "coming_soon" ? (
        <Notice title={`${providerLabel(provider)} is metadata only in this version`}>
          It can be written down and referred to. Nothing is read from it: a run that needs one of its secrets is
          refused.
        </Notice>
      ) : null}
      <Health vault={vault} />
      <Section title="Settings" level={3}>
        <Facts
          facts={[
            ["Provider", providerLabel(provider)],
            [
              "State",
              <Mark key="state" state={state}>
                {word}
              </Mark>,
            ],
            ["Default", vault.isDefault ? `yes: new secrets at ${providerLabel(provider)} go there` : "no"],
            [
              "Secrets",
              <span key="secrets" className="tabular">
                {vault.secrets.toLocaleString("en")}
              </span>,
            ],
            ...(provider === "local_encrypted" ? [] : vaultFields(provider)).map(
              ({ name, label }) =>
                [label, config[name] === undefined ? null : <code key={name}>{String(config[name])}</code>] as const,
            ),
            ["Changed", <Time key="changed" instant={vault.updatedAt} exactly />],
          ]}
        />
        {provider === "local_encrypted" ? null : <p className="quiet small">{credentialsText(provider)}</p>}
      </Section>
    </>
  );
}

/** What the last check found, with what to do. */
function Health({ vault }: { readonly vault: ProviderVaultRecord }) {
  const { health } = vault;
  const { state, word } = vaultHealth(health);
  return (
    <Section title="Last check" level={3}>
      {health === null ? (
        <p className="quiet">It was not checked yet. A check asks for the metadata of one name, and reads no value.</p>
      ) : (
        <Facts
          facts={[
            [
              "Found",
              <Mark key="found" state={state}>
                {word}
              </Mark>,
            ],
            ["When", <Time key="when" instant={health.checkedAt} exactly />],
          ]}
        />
      )}
      {health !== null && (health.status === "error" || health.status === "warning") ? (
        <Notice tone={health.status === "error" ? "bad" : "doubtful"} title={health.message} next={health.next} />
      ) : null}
    </Section>
  );
}

function Actions({ vault, onRemoved }: { readonly vault: ProviderVaultRecord; onRemoved(): void }) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const [editing, setEditing] = useState(false);
  const [linking, setLinking] = useState(false);
  const [step, setStep] = useState<VaultStep | null>(null);
  const one = { company: company.id, vault: vault.id };
  const check = useAction(() => client.providerVaults.health(one));
  const enable = useAction(() => client.providerVaults.update({ ...one, status: "ready" }));
  const makeDefault = useAction(() => client.providerVaults.setDefault(one));
  const checkIt = async () => {
    const checked = await check.run(undefined);
    if (checked !== null) say(`${checked.name}: ${vaultHealth(checked.health).word}.`);
  };
  const enableIt = async () => {
    if ((await enable.run(undefined)) !== null) say(`Provider vault ${vault.name} is enabled.`);
  };
  const makeItDefault = async () => {
    if ((await makeDefault.run(undefined)) !== null) say(`Provider vault ${vault.name} is the default.`);
  };
  const usable = isUsable(vault);
  const disabled = vault.status === "disabled";
  const more: MenuAction[] = [
    { id: "edit", label: "Edit provider vault", icon: Pencil, unavailable: readOnly, act: () => setEditing(true) },
    ...(usable && !vault.isDefault
      ? [
          {
            id: "default",
            label: "Make it the default",
            icon: Star,
            unavailable: readOnly,
            act: () => void makeItDefault(),
          },
        ]
      : []),
    disabled
      ? {
          id: "enable",
          label: "Enable provider vault",
          icon: CircleCheck,
          unavailable: readOnly,
          act: () => void enableIt(),
        }
      : {
          id: "disable",
          label: "Disable provider vault",
          icon: Ban,
          unavailable: readOnly,
          act: () => setStep("disable"),
        },
    {
      id: "remove",
      label: "Remove provider vault",
      icon: Trash2,
      danger: true,
      unavailable:
        readOnly ?? (vault.secrets > 0 ? `${counted(vault.secrets, "secret")} in it: delete or unlink first` : null),
      act: () => setStep("remove"),
    },
  ];
  const failure = check.failure ?? enable.failure ?? makeDefault.failure;
  return (
    <div className="secret-pane-actions">
      <div className="field-actions">
        {usable ? (
          <Link to="/secrets/import" search={{ vault: vault.id }} className={buttonClass("primary")}>
            Import secrets
          </Link>
        ) : null}
        {usable ? (
          <Button isDisabled={readOnly !== null} onPress={() => setLinking(true)}>
            Link secret
          </Button>
        ) : null}
        <Button isPending={check.pending} isDisabled={readOnly !== null} onPress={() => void checkIt()}>
          Check health
        </Button>
        <ActionMenu label="More actions" actions={more} />
      </div>
      {disabled ? (
        <p className="quiet small">Nothing is read from it and nothing is kept in it until it is enabled.</p>
      ) : null}
      {failure === null ? null : (
        <FailureNotice
          failure={failure}
          what={check.failure === null ? "The provider vault was not changed" : "It was not checked"}
        />
      )}
      <Dialog title={`Edit the provider vault ${vault.name}`} isOpen={editing} onClose={() => setEditing(false)}>
        <VaultForm vault={vault} onSaved={() => setEditing(false)} onCancel={() => setEditing(false)} />
      </Dialog>
      <LinkSecretDialog isOpen={linking} vaultId={vault.id} onClose={() => setLinking(false)} />
      <VaultStepDialog vault={vault} step={step} onClose={() => setStep(null)} onRemoved={onRemoved} />
    </div>
  );
}
