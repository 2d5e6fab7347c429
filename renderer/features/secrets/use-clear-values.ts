import { useQuery } from "@tanstack/react-query";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useStatus } from "../../data/status.ts";

/** The credentials that stand in plain values of the company. Nothing is asked for while the vault cannot compare values. */
export function useClearValues() {
  const company = useCompany();
  const vault = useStatus()?.vault.state;
  return useQuery(
    useQueries().inlineSecrets.preview.queryOptions({
      input: { company: company.id },
      enabled: vault !== undefined && vault !== "locked",
    }),
  );
}
