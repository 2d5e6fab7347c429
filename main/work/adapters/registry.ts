import { z } from "zod";
import type { Json } from "../../database/schema/work.ts";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import type { Adapter, LaunchDefaults, LaunchPlan } from "./adapter.ts";
import { claudeAdapter } from "./claude.ts";
import { codexAdapter } from "./codex.ts";
import { findCommand, type Surroundings } from "./find-command.ts";
import { geminiAdapter } from "./gemini.ts";
import { httpAdapter } from "./http.ts";
import { opencodeAdapter } from "./opencode.ts";
import { processAdapter } from "./process.ts";

const adapters: readonly Adapter[] = [
  processAdapter,
  httpAdapter,
  claudeAdapter,
  codexAdapter,
  geminiAdapter,
  opencodeAdapter,
];

/** The adapter of an id, or a refusal `adapter_invalid` that names those there are. */
export function adapterOf(id: string): Adapter {
  const adapter = adapters.find((candidate) => candidate.id === id);
  if (adapter) return adapter;
  const names = adapters.map((candidate) => candidate.id).join(", ");
  throw new Refusal("adapter_invalid", `There is no adapter "${id}".`, {
    fields: { adapter: `must be one of ${names}` },
    next: `Choose one of ${names}.`,
    details: { adapter: id },
  });
}

/** How an agent is started. Refuses with `adapter_invalid`. */
export function launchPlan(
  agent: { readonly adapter: string; readonly adapterConfig: unknown },
  defaults: LaunchDefaults,
): LaunchPlan {
  return adapterOf(agent.adapter).plan(agent.adapterConfig, defaults);
}

export type AdapterDescription = Pick<Adapter, "id" | "kind" | "label" | "description" | "program"> & {
  readonly configSchema: Json;
  /** Where its command is in these surroundings, or null where it is not there. */
  readonly found: string | null;
};

/** Every adapter, with the JSON Schema of its configuration and the place of its command. */
export function describeAdapters(surroundings: Surroundings): Promise<AdapterDescription[]> {
  return Promise.all(
    adapters.map(async ({ id, kind, label, description, program, configSchema }) => ({
      id,
      kind,
      label,
      description,
      configSchema: z.toJSONSchema(configSchema, { io: "input" }) as Json,
      program,
      found: program === null ? null : await placeOf(program, surroundings),
    })),
  );
}

async function placeOf(program: string, surroundings: Surroundings): Promise<string | null> {
  try {
    return await findCommand(program, surroundings);
  } catch (error) {
    if (asRefusal(error)?.code !== "command_missing") throw error;
    return null;
  }
}
