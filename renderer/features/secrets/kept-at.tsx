import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { Mark } from "../../ui/mark.tsx";
import { providerLabel } from "./vault-words.ts";

/** Where the value of a secret is kept, in words. */
export function keptText({ provider, managedMode }: SecretRecord): string {
  if (provider === "local_encrypted") return "on this machine, sealed";
  return `${managedMode === "external_reference" ? "linked at" : "stored at"} ${providerLabel(provider)}`;
}

/** The provider vault that a secret is in; it may have been removed. */
export function KeptIn({ secret: { provider, vaultId } }: { readonly secret: SecretRecord }) {
  const company = useCompany();
  const vaults = useQuery(useQueries().providerVaults.list.queryOptions({ input: { company: company.id } })).data;
  if (vaultId === null) {
    return provider === "aws_secrets_manager" ? (
      <Mark state="missing">removed: no run can read it</Mark>
    ) : (
      <Mark state="off">metadata only: no run can read it</Mark>
    );
  }
  return (
    <Link to="/secrets/vaults/$vaultId" params={{ vaultId }} dir="auto">
      {vaults?.vaults.find(({ id }) => id === vaultId)?.name ?? "Open provider vault"}
    </Link>
  );
}
