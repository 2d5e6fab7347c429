import { z } from "zod";
import type { Json } from "../../database/schema/work.ts";
import { Refusal } from "../../contract/refusal.ts";
import type { Adapter, LaunchDefaults, LaunchPlan } from "./adapter.ts";
import { claudeAdapter } from "./claude.ts";
import { codexAdapter } from "./codex.ts";
import { geminiAdapter } from "./gemini.ts";
import { opencodeAdapter } from "./opencode.ts";
import { processAdapter } from "./process.ts";

const adapters: readonly Adapter[] = [processAdapter, claudeAdapter, codexAdapter, geminiAdapter, opencodeAdapter];

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

/** Every adapter, with the JSON Schema of its configuration. */
export function describeAdapters(): { id: string; label: string; description: string; configSchema: Json }[] {
  return adapters.map(({ id, label, description, configSchema }) => ({
    id,
    label,
    description,
    configSchema: z.toJSONSchema(configSchema, { io: "input" }) as Json,
  }));
}
