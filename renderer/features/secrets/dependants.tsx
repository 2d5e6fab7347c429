import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import type { Use } from "./secret-words.ts";
import { UsageLines } from "./usage-lines.tsx";

export interface DependantsProps {
  readonly secretId: string;
  /** What the step means for them. */
  readonly children: (usage: readonly Use[]) => ReactNode;
}

/** Who depends on a secret, shown before a step that they feel. */
export function Dependants({ secretId, children }: DependantsProps) {
  const company = useCompany();
  const queries = useQueries();
  const query = useQuery(queries.secrets.usage.queryOptions({ input: { company: company.id, secret: secretId } }));
  return (
    <Answered
      query={query}
      what="What depends on it cannot be shown"
      loading={<SkeletonRows rows={2} label="Loading what depends on it" />}
    >
      {({ usage }) => (
        <>
          <p>{children(usage)}</p>
          {usage.length === 0 ? null : <UsageLines usage={usage} label="What depends on it" />}
        </>
      )}
    </Answered>
  );
}
