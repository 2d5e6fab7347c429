import type { AgentRecord, CompanyRecord, ProjectRecord } from "../../../preload/contract/work.ts";
import { daysAgo } from "../clock.ts";
import { idOf } from "./ids.ts";

export function aCompany(different: Partial<CompanyRecord> = {}): CompanyRecord {
  return {
    id: idOf("company"),
    name: "Acme",
    issuePrefix: "ACME",
    createdAt: daysAgo(40),
    updatedAt: daysAgo(40),
    ...different,
  };
}

export function aProject(different: Partial<ProjectRecord> = {}): ProjectRecord {
  return {
    id: idOf("project"),
    companyId: idOf("company"),
    name: "Website",
    description: "The public site and its build.",
    env: { LOG_LEVEL: { type: "plain", value: "debug" } },
    createdAt: daysAgo(39),
    updatedAt: daysAgo(12),
    ...different,
  };
}

export function anAgent(different: Partial<AgentRecord> = {}): AgentRecord {
  return {
    id: idOf("agent"),
    companyId: idOf("company"),
    name: "triage",
    status: "active",
    adapter: "process",
    adapterConfig: { command: ["/usr/local/bin/triage", "--batch"], instructions: "stdin" },
    env: { GH_TOKEN: { type: "secret_ref", secretId: idOf("secret"), version: "latest" } },
    passThrough: ["SSH_AUTH_SOCK"],
    createdAt: daysAgo(39),
    updatedAt: daysAgo(20),
    ...different,
  };
}
