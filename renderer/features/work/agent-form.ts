import type { Client } from "../../data/transport.ts";
import type { AgentRecord } from "../../../preload/contract/work.ts";
import { configFields, fieldText, labelOf, readField } from "./config-schema.ts";
import type { ConfigField, ConfigValue } from "./config-schema.ts";
import { changedNames, envFields, field, isEnvField } from "./fields.ts";
import type { Fields } from "./fields.ts";

export type Adapter = Awaited<ReturnType<Client["agents"]["adapters"]>>["adapters"][number];

/** What an agent's form holds, ready to be sent. The env goes by itself, from its lines. */
export interface AgentInput {
  readonly name: string;
  readonly adapter: string;
  readonly config: Record<string, ConfigValue>;
  readonly passThrough: string[];
}

export type ReadAgent =
  | { readonly ok: true; readonly input: AgentInput }
  /** What cannot be read, by field name as the control plane has it, such as `config.command`. */
  | { readonly ok: false; readonly errors: Readonly<Record<string, string>> };

/** The name of the field that holds a configuration's text. Each adapter has its own, so that trying another loses nothing. */
export function configName(adapter: string, name: string): string {
  return `config.${adapter}.${name}`;
}

/** An agent as its form shows it. */
export function agentFields(agent: AgentRecord, adapters: readonly Adapter[]): Fields {
  const schema = adapters.find(({ id }) => id === agent.adapter)?.configSchema;
  const known = new Map(configFields(schema).map((each) => [each.name, each]));
  const config = Object.entries(agent.adapterConfig).map(([name, value]): [string, string] => [
    configName(agent.adapter, name),
    fieldText(known.get(name) ?? unknownField(name), value as ConfigValue),
  ]);
  return {
    name: agent.name,
    adapter: agent.adapter,
    ...Object.fromEntries(config),
    passThrough: agent.passThrough.join("\n"),
    ...envFields(agent.env),
  };
}

/** The form of an agent that is not there yet. */
export function newAgentFields(adapter: Adapter | undefined): Fields {
  return { name: "", adapter: adapter?.id ?? "", passThrough: "" };
}

/** Found programs first, then any program, then those that are not here. */
export function inOrderOfUse(adapters: readonly Adapter[]): readonly Adapter[] {
  const rank = ({ program, found }: Adapter) => (found !== null ? 0 : program === null ? 1 : 2);
  return adapters.toSorted((one, other) => rank(one) - rank(other));
}

export function readAgent(fields: Fields, adapter: Adapter | undefined): ReadAgent {
  const config: Record<string, ConfigValue> = {};
  const errors: Record<string, string> = {};
  for (const each of configFields(adapter?.configSchema)) {
    const read = readField(each, field(fields, configName(adapter?.id ?? "", each.name)) ?? "");
    if (!read.ok) errors[`config.${each.name}`] = read.message;
    else if (read.value !== undefined) config[each.name] = read.value;
  }
  if (Object.keys(errors).length > 0) return { ok: false, errors };
  return {
    ok: true,
    input: {
      name: field(fields, "name") ?? "",
      adapter: field(fields, "adapter") ?? "",
      config,
      passThrough: namesIn(field(fields, "passThrough") ?? ""),
    },
  };
}

/** Which parts of an agent differ: only they are sent. What was typed for another adapter than the chosen one is no change. */
export function changedParts(before: Fields, after: Fields) {
  const adapter = field(after, "adapter") ?? "";
  const names = changedNames(before, after).filter(
    (name) => !name.startsWith("config.") || name.startsWith(`config.${adapter}.`),
  );
  const isOtherAdapter = names.includes("adapter");
  return {
    names,
    name: names.includes("name"),
    adapter: isOtherAdapter,
    config: isOtherAdapter || names.some((name) => name.startsWith("config.")),
    passThrough: names.includes("passThrough"),
    env: names.some(isEnvField),
  };
}

function namesIn(text: string): string[] {
  return text.split(/[\s,]+/).filter((name) => name !== "");
}

const LABELS: Readonly<Record<string, string>> = {
  name: "Name",
  description: "Description",
  adapter: "Adapter",
  passThrough: "Passed-through names",
};

/** A field of an agent or a project as people call it. */
export function fieldLabel(name: string): string {
  if (isEnvField(name)) return name.slice("env.".length);
  const [, , config] = name.split(".");
  return LABELS[name] ?? labelOf(config ?? name);
}

/** A field as the control plane names it, as people call it; null for what is not one field. */
export function messageLabel(name: string): string | null {
  const [part, config] = name.split(".");
  if (part === "env") return name.slice("env.".length);
  if (part === "config") return config === undefined ? null : labelOf(config);
  return LABELS[name] ?? null;
}

/**
 * Messages of the control plane by the fields of the form: what is said of one item of a list, such as `config.command.2`,
 * is said of the list. What has a name, as a header has, has a field of its own.
 */
export function fieldMessages(errors: Readonly<Record<string, string>>): Readonly<Record<string, string>> {
  return Object.fromEntries(
    Object.entries(errors)
      .toReversed()
      .map(([name, message]) => [name.replace(/^(config\.[^.]+)\.\d+(\..*)?$/, "$1"), message]),
  );
}

function unknownField(name: string): ConfigField {
  return { name, label: labelOf(name), help: null, required: false, kind: "json", options: [], preset: null };
}
