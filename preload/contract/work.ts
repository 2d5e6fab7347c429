import { oc } from "@orpc/contract";
import { z } from "zod";
import { company, description, id, instant, name, reference } from "./common.ts";
import { env, envInput } from "./environment.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

const companyRecord = z.object({
  id,
  name: z.string(),
  issuePrefix: z.string(),
  createdAt: instant,
  updatedAt: instant,
});
export type CompanyRecord = z.infer<typeof companyRecord>;

/** The prefix of a company's issue keys: 2 to 10 capital letters and digits, a letter first. */
export const issuePrefix = z
  .string()
  .trim()
  .toUpperCase()
  .regex(/^[A-Z][A-Z0-9]{1,9}$/, "2 to 10 capital letters or digits, a letter first, such as ACME");

export const companies = {
  list: area.route({ summary: "All companies" }).output(z.object({ companies: z.array(companyRecord) })),
  get: area
    .route({ summary: "One company" })
    .input(z.object({ company: reference }))
    .output(companyRecord),
  create: area
    .route({ summary: "Create a company" })
    .input(z.object({ name, issuePrefix: issuePrefix.optional() }))
    .output(companyRecord),
  update: area
    .route({ summary: "Rename a company or change its issue prefix" })
    .input(z.object({ company: reference, name: name.optional(), issuePrefix: issuePrefix.optional() }))
    .output(companyRecord),
};

const projectRecord = z.object({
  id,
  companyId: id,
  name: z.string(),
  description: z.string().nullable(),
  env,
  createdAt: instant,
  updatedAt: instant,
});
export type ProjectRecord = z.infer<typeof projectRecord>;

export const projects = {
  list: area
    .route({ summary: "The projects of a company" })
    .input(z.object({ company }))
    .output(z.object({ projects: z.array(projectRecord) })),
  get: area
    .route({ summary: "One project" })
    .input(z.object({ company, project: reference }))
    .output(projectRecord),
  create: area
    .route({ summary: "Create a project" })
    .input(z.object({ company, name, description: description.optional(), env: envInput.optional() }))
    .output(projectRecord),
  update: area
    .route({ summary: "Change a project's name, description or env" })
    .input(
      z.object({
        company,
        project: reference,
        name: name.optional(),
        description: description.nullable().optional(),
        env: envInput.optional(),
      }),
    )
    .output(projectRecord),
};

const agentStatus = z.enum(["active", "paused"]);

const agentRecord = z.object({
  id,
  companyId: id,
  name: z.string(),
  status: agentStatus,
  adapter: z.string(),
  adapterConfig: z.record(z.string(), z.json()),
  env,
  /** Names of the app's own environment that this agent's processes receive, such as SSH_AUTH_SOCK. */
  passThrough: z.array(z.string()),
  createdAt: instant,
  updatedAt: instant,
});
export type AgentRecord = z.infer<typeof agentRecord>;

const adapterConfigInput = z.record(z.string().max(100), z.json());
const passThroughInput = z.array(z.string().max(200)).max(100);

const agentTest = z.object({
  ok: z.boolean(),
  /** The checks in order; the first that failed says what to do. */
  checks: z.array(z.object({ name: z.string(), ok: z.boolean(), message: z.string(), next: z.string().nullable() })),
});
export type AgentTest = z.infer<typeof agentTest>;

export const agents = {
  list: area
    .route({ summary: "The agents of a company" })
    .input(z.object({ company }))
    .output(z.object({ agents: z.array(agentRecord) })),
  get: area
    .route({ summary: "One agent" })
    .input(z.object({ company, agent: reference }))
    .output(agentRecord),
  create: area
    .route({ summary: "Create an agent" })
    .input(
      z.object({
        company,
        name,
        adapter: z.string().max(60),
        config: adapterConfigInput.optional(),
        env: envInput.optional(),
        passThrough: passThroughInput.optional(),
      }),
    )
    .output(agentRecord),
  update: area
    .route({ summary: "Change an agent: name, status, adapter, its configuration, env or pass-through list" })
    .input(
      z.object({
        company,
        agent: reference,
        name: name.optional(),
        status: agentStatus.optional(),
        adapter: z.string().max(60).optional(),
        config: adapterConfigInput.optional(),
        env: envInput.optional(),
        passThrough: passThroughInput.optional(),
      }),
    )
    .output(agentRecord),
  test: area
    .route({ summary: "Check that an agent's program or service is there and answers" })
    .input(z.object({ company, agent: reference }))
    .output(agentTest),
  adapters: area.route({ summary: "The adapters, each with the JSON Schema of its configuration" }).output(
    z.object({
      adapters: z.array(
        z.object({
          id: z.string(),
          /** What it starts: a program of this machine, or a request to a service. */
          kind: z.enum(["process", "request"]),
          label: z.string(),
          description: z.string(),
          configSchema: z.json(),
          /** The name of the command that it starts, or null where the configuration says what is started. */
          program: z.string().nullable(),
          /** Where that command is on the PATH of a run, or null where it is not there. */
          found: z.string().nullable(),
        }),
      ),
    }),
  ),
};
