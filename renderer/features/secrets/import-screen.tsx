import { useQuery } from "@tanstack/react-query";
import { Link, useNavigate, useSearch } from "@tanstack/react-router";
import { Vault } from "lucide-react";
import { useState } from "react";
import type { ImportedRow, ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Select } from "../../ui/field.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { ImportChoose } from "./import-choose.tsx";
import { ImportResult } from "./import-result.tsx";
import { ImportReview } from "./import-review.tsx";
import type { ImportChoice } from "./import-words.ts";
import { isUsable, providerLabel } from "./vault-words.ts";
import "./import-screen.css";

/** Links secrets that are kept at a provider: which vault, which secrets, under which keys, and what became of each. */
export function ImportScreen() {
  const company = useCompany();
  const { vault: wanted } = useSearch({ strict: false }) as { readonly vault?: string };
  const navigate = useNavigate();
  const vaults = useQuery(useQueries().providerVaults.list.queryOptions({ input: { company: company.id } }));
  return (
    <Page title="Import secrets" up={<Link to="/secrets/vaults">Provider vaults</Link>}>
      <Answered query={vaults} what="The provider vaults cannot be shown" loading={<SkeletonRows rows={8} />}>
        {({ vaults: all }) => {
          const usable = all.filter(isUsable);
          const vault =
            usable.find(({ id }) => id === wanted) ?? usable.find(({ isDefault }) => isDefault) ?? usable[0];
          return vault === undefined ? (
            <NoVault />
          ) : (
            <Wizard
              key={vault.id}
              vault={vault}
              vaults={usable}
              onVault={(id) => void navigate({ to: "/secrets/import", search: { vault: id }, replace: true })}
            />
          );
        }}
      </Answered>
    </Page>
  );
}

type Step =
  | { readonly kind: "choose" }
  | { readonly kind: "review" }
  | { readonly kind: "result"; readonly rows: readonly ImportedRow[] };

interface WizardProps {
  readonly vault: ProviderVaultRecord;
  readonly vaults: readonly ProviderVaultRecord[];
  onVault(id: string): void;
}

function Wizard({ vault, vaults, onVault }: WizardProps) {
  const [choices, setChoices] = useState<readonly ImportChoice[]>([]);
  const [step, setStep] = useState<Step>({ kind: "choose" });
  switch (step.kind) {
    case "choose":
      return (
        <div className="import-screen">
          <div className="import-screen-vault">
            <Select
              label="Provider vault"
              value={vault.id}
              onChange={(id) => onVault(String(id))}
              options={vaults.map(({ id, name, provider }) => ({ id, label: name, detail: providerLabel(provider) }))}
            />
          </div>
          <ImportChoose
            vault={vault}
            choices={choices}
            onChoices={setChoices}
            onReview={() => setStep({ kind: "review" })}
          />
        </div>
      );
    case "review":
      return (
        <ImportReview
          vault={vault}
          choices={choices}
          onChoices={setChoices}
          onBack={() => setStep({ kind: "choose" })}
          onImported={(rows) => setStep({ kind: "result", rows })}
        />
      );
    case "result":
      return (
        <ImportResult
          rows={step.rows}
          choices={choices}
          onAgain={(left) => {
            setChoices(left);
            setStep({ kind: left.length === 0 ? "choose" : "review" });
          }}
        />
      );
  }
}

function NoVault() {
  return (
    <EmptyState
      icon={Vault}
      title="No provider vault that can be read"
      action={
        <Link to="/secrets/vaults" className={buttonClass("primary")}>
          Open provider vaults
        </Link>
      }
    >
      Secrets are imported from a provider vault that is ready. Create one, or enable one that is disabled.
    </EmptyState>
  );
}
