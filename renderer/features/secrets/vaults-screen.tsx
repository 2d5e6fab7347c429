import { useQuery } from "@tanstack/react-query";
import { useNavigate, useParams } from "@tanstack/react-router";
import { Plus, Vault } from "lucide-react";
import { useState } from "react";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page, Split } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { SecretsPlaces } from "./secrets-places.tsx";
import { useFocusBack } from "./use-focus-back.ts";
import { VaultForm } from "./vault-form.tsx";
import { VaultPane } from "./vault-pane.tsx";
import { vaultLinkId, VaultsTable } from "./vaults-table.tsx";

/** Where secrets of the company can be kept besides this machine, and one of these places beside the list. */
export function VaultsScreen() {
  const { vaultId = null } = useParams({ strict: false });
  const company = useCompany();
  const navigate = useNavigate();
  const readOnly = useReadOnly();
  const [creating, setCreating] = useState(false);
  const vaults = useQuery(useQueries().providerVaults.list.queryOptions({ input: { company: company.id } }));
  useFocusBack(vaultId, vaultLinkId);
  const create = (
    <Button variant="primary" icon={Plus} isDisabled={readOnly !== null} onPress={() => setCreating(true)}>
      Create provider vault
    </Button>
  );
  return (
    <Page title="Secrets" strip={<SecretsPlaces here="/secrets/vaults" />} body="list" actions={create}>
      <Split
        list={
          <Answered
            query={vaults}
            what="The provider vaults cannot be shown"
            loading={<SkeletonRows rows={4} label="Loading provider vaults" />}
          >
            {({ vaults: rows }) =>
              rows.length === 0 ? (
                <EmptyState icon={Vault} title="No provider vault yet" action={create}>
                  Secrets are sealed on this machine. A provider vault is another place for them, such as AWS Secrets
                  Manager: values are kept there, and read when a run starts. Without one no connection is made.
                </EmptyState>
              ) : (
                <VaultsTable vaults={rows} selectedId={vaultId} />
              )
            }
          </Answered>
        }
        pane={
          vaultId === null ? null : (
            <VaultPane key={vaultId} vaultId={vaultId} onClose={() => void navigate({ to: "/secrets/vaults" })} />
          )
        }
      />
      <Dialog title="Create a provider vault" isOpen={creating} onClose={() => setCreating(false)}>
        <VaultForm
          vault={null}
          onSaved={({ id }) => {
            setCreating(false);
            void navigate({ to: "/secrets/vaults/$vaultId", params: { vaultId: id } });
          }}
          onCancel={() => setCreating(false)}
        />
      </Dialog>
    </Page>
  );
}
