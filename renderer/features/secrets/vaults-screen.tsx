import { useQuery } from "@tanstack/react-query";
import { Vault } from "lucide-react";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { SecretsPlaces } from "./secrets-places.tsx";
import { VaultsTable } from "./vaults-table.tsx";

/** Where secrets of the company can be kept besides this machine. */
export function VaultsScreen() {
  const company = useCompany();
  const vaults = useQuery(useQueries().providerVaults.list.queryOptions({ input: { company: company.id } }));
  return (
    <Page title="Secrets" strip={<SecretsPlaces here="/secrets/vaults" />} body="list">
      <Answered
        query={vaults}
        what="The provider vaults cannot be shown"
        loading={<SkeletonRows rows={4} label="Loading provider vaults" />}
      >
        {({ vaults: rows }) =>
          rows.length === 0 ? (
            <EmptyState icon={Vault} title="No provider vault yet">
              A provider vault is a place outside of this machine, such as AWS Secrets Manager, where values are kept
              and read from when a run starts.{" "}
              <NextStep text="Create one: `paperclip-desktop provider-vaults create --provider aws_secrets_manager --name NAME --set region=REGION`" />
            </EmptyState>
          ) : (
            <VaultsTable vaults={rows} />
          )
        }
      </Answered>
    </Page>
  );
}
