import { useQuery } from "@tanstack/react-query";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { isUsable } from "./vault-words.ts";

/** The provider vaults that secrets can be kept in or linked from, the default one first; none until they are known. */
export function useUsableVaults(): readonly ProviderVaultRecord[] {
  const company = useCompany();
  const vaults = useQuery(useQueries().providerVaults.list.queryOptions({ input: { company: company.id } })).data;
  return (vaults?.vaults ?? []).filter(isUsable).toSorted((a, b) => Number(b.isDefault) - Number(a.isDefault));
}
