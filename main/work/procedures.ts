import { implementer } from "../contract/implementer.ts";
import type { Database } from "../database/database.ts";
import type { BaseEnvironment } from "../environment/base.ts";
import { describeAdapters } from "./adapters/registry.ts";
import { createAgent, listAgents, testAgent, updateAgent } from "./agents.ts";
import { createCompany, listCompanies, updateCompany } from "./companies.ts";
import { findAgent, findCompany, findProject } from "./lookup.ts";
import { createProject, listProjects, updateProject } from "./projects.ts";

export interface CompanyServices {
  readonly database: Database;
}

export interface WorkServices extends CompanyServices {
  /** Whether an env is refused that holds a credential in clear; asked at each save. */
  strictMode(): boolean;
}

export interface AgentServices extends WorkServices {
  readonly baseEnvironment: BaseEnvironment;
  /** Where agents start that name no folder; an absolute path. */
  readonly defaultCwd: string;
}

export function companyProcedures({ database }: CompanyServices) {
  const area = implementer.companies;
  return {
    list: area.list.handler(async () => ({ companies: await listCompanies(database.orm) })),
    get: area.get.handler(({ input }) => findCompany(database.orm, input.company)),
    create: area.create.handler(({ input }) => createCompany(database.orm, input)),
    update: area.update.handler(({ input: { company, ...changes } }) => updateCompany(database.orm, company, changes)),
  };
}

export function projectProcedures({ database, strictMode }: WorkServices) {
  const area = implementer.projects;
  return {
    list: area.list.handler(async ({ input }) => ({ projects: await listProjects(database.orm, input.company) })),
    get: area.get.handler(async ({ input }) => {
      const company = await findCompany(database.orm, input.company);
      return findProject(database.orm, company.id, input.project);
    }),
    create: area.create.handler(({ input: { company, ...project } }) =>
      createProject(database.orm, company, project, strictMode()),
    ),
    update: area.update.handler(({ input: { company, project, ...changes } }) =>
      updateProject(database.orm, company, project, changes, strictMode()),
    ),
  };
}

export function agentProcedures({ database, strictMode, baseEnvironment, defaultCwd }: AgentServices) {
  const area = implementer.agents;
  return {
    list: area.list.handler(async ({ input }) => ({ agents: await listAgents(database.orm, input.company) })),
    get: area.get.handler(async ({ input }) => {
      const company = await findCompany(database.orm, input.company);
      return findAgent(database.orm, company.id, input.agent);
    }),
    create: area.create.handler(({ input: { company, ...agent } }) =>
      createAgent(database.orm, company, agent, strictMode()),
    ),
    update: area.update.handler(({ input: { company, agent, ...changes } }) =>
      updateAgent(database.orm, company, agent, changes, strictMode()),
    ),
    test: area.test.handler(({ input }) =>
      testAgent(database.orm, input.company, input.agent, { baseEnvironment, defaultCwd }),
    ),
    // What an agent passes through may hold another PATH; an agent's own check tells.
    adapters: area.adapters.handler(async () => ({
      adapters: await describeAdapters({ env: await baseEnvironment([]), cwd: defaultCwd }),
    })),
  };
}
