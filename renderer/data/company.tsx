import { createContext, use } from "react";
import type { CompanyRecord } from "../../preload/contract/work.ts";

/** The company that the panel shows. Every screen below the frame has one; the first-run path makes it. */
export const CompanyContext = createContext<CompanyRecord | null>(null);

export function useCompany(): CompanyRecord {
  const company = use(CompanyContext);
  if (company === null) throw new Error("there is no company above this part of the panel");
  return company;
}
