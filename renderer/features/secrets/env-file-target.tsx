import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import type { Layer } from "../../../preload/contract/environment.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { Select } from "../../ui/field.tsx";
import type { EnvOwner } from "./env-file-dialog.tsx";

const LAYERS = [
  { id: "agent", label: "Agent", detail: "every run of it" },
  { id: "project", label: "Project", detail: "every run of its routines" },
  { id: "routine", label: "Routine", detail: "its own runs" },
] as const;

/** Routines that are offered; of more, the routine's own page imports. */
const MOST_ROUTINES = 200;

export interface EnvFileTargetProps {
  readonly owner: EnvOwner | null;
  onChoose(owner: EnvOwner | null): void;
}

/** Asks whose env it is: a layer, and one of it. */
export function EnvFileTarget({ owner, onChoose }: EnvFileTargetProps) {
  const [layer, setLayer] = useState<Layer>("agent");
  const company = useCompany();
  const queries = useQueries();
  const input = { company: company.id };
  const agents = useQuery(queries.agents.list.queryOptions({ input, enabled: layer === "agent" }));
  const projects = useQuery(queries.projects.list.queryOptions({ input, enabled: layer === "project" }));
  const routines = useQuery(
    queries.routines.list.queryOptions({ input: { ...input, limit: MOST_ROUTINES }, enabled: layer === "routine" }),
  );
  const query = { agent: agents, project: projects, routine: routines }[layer];
  const there =
    layer === "routine"
      ? routines.data?.routines.flatMap(({ id, title, status }) => (status === "archived" ? [] : [{ id, name: title }]))
      : layer === "agent"
        ? agents.data?.agents
        : projects.data?.projects;
  const noun = layer === "routine" ? "Routine" : layer === "agent" ? "Agent" : "Project";
  const empty = there?.length === 0;
  return (
    <>
      <div className="env-file-target">
        <Select
          label="Layer"
          options={LAYERS}
          value={layer}
          onChange={(id) => {
            setLayer(LAYERS.find((each) => each.id === id)?.id ?? "agent");
            onChoose(null);
          }}
        />
        <Select
          label={noun}
          options={(there ?? []).map(({ id, name }) => ({ id, label: name }))}
          placeholder={
            empty
              ? `There is no ${noun.toLowerCase()} yet`
              : `Choose ${layer === "agent" ? "an" : "a"} ${noun.toLowerCase()}`
          }
          isDisabled={there === undefined || empty === true}
          value={owner?.layer === layer ? owner.id : null}
          onChange={(id) => {
            const chosen = there?.find((each) => each.id === id);
            onChoose(chosen === undefined ? null : { layer, id: chosen.id, name: chosen.name });
          }}
          help={
            layer === "routine" && routines.data?.nextCursor
              ? `The first ${MOST_ROUTINES} are offered; any other takes a file under Secrets on its own page.`
              : undefined
          }
        />
      </div>
      {query.error === null ? null : (
        <FailureNotice
          what="Whose env it goes into cannot be chosen"
          failure={failureOf(query.error)}
          onRetry={() => void query.refetch()}
        />
      )}
    </>
  );
}
