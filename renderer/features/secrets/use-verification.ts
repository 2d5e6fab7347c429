import { useEffect, useRef, useState } from "react";
import type { AuditResult } from "../../../preload/contract/audit.ts";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import type { Failure } from "../../data/failure.ts";
import { useClient } from "../../data/panel-context.tsx";

export type Verification =
  | { readonly kind: "none" }
  | { readonly kind: "running"; readonly checked: number; readonly total: number | null }
  | { readonly kind: "done"; readonly result: AuditResult }
  | { readonly kind: "failed"; readonly failure: Failure };

/** Verifies the record of the company, with its progress. Leaving the screen ends it. */
export function useVerification(): { readonly state: Verification; start(): void; cancel(): void } {
  const client = useClient();
  const company = useCompany();
  const [state, setState] = useState<Verification>({ kind: "none" });
  const running = useRef<AbortController | null>(null);
  useEffect(() => () => running.current?.abort(), []);

  async function verify(stopping: AbortController): Promise<void> {
    setState({ kind: "running", checked: 0, total: null });
    try {
      for await (const event of await client.audit.verify({ company: company.id }, { signal: stopping.signal })) {
        if (event.type === "progress") setState({ kind: "running", checked: event.checked, total: event.total });
        else setState({ kind: "done", result: event.result });
      }
      // A restore ended it before its result: there is another record now.
      if (!stopping.signal.aborted) setState((now) => (now.kind === "running" ? { kind: "none" } : now));
    } catch (error) {
      if (!stopping.signal.aborted) setState({ kind: "failed", failure: failureOf(error) });
    } finally {
      if (running.current === stopping) running.current = null;
    }
  }

  return {
    state,
    start: () => {
      if (running.current !== null) return;
      running.current = new AbortController();
      void verify(running.current);
    },
    cancel: () => {
      running.current?.abort();
      running.current = null;
      setState({ kind: "none" });
    },
  };
}
