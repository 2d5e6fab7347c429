import { useQuery } from "@tanstack/react-query";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import type { LayerEnvs } from "../environment/precedence.ts";

/** The envs of the layers below a routine, as they are saved; a layer that is not known yet is left out. */
export function useLayerEnvs(agentId: string | null, projectId: string | null): LayerEnvs {
  const company = useCompany();
  const queries = useQueries();
  const agents = useQuery(queries.agents.list.queryOptions({ input: { company: company.id } }));
  const projects = useQuery(queries.projects.list.queryOptions({ input: { company: company.id } }));
  const agent = agents.data?.agents.find(({ id }) => id === agentId);
  const project = projects.data?.projects.find(({ id }) => id === projectId);
  return { ...(agent ? { agent: agent.env } : {}), ...(project ? { project: project.env } : {}) };
}
