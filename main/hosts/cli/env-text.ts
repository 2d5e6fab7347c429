import type { Env } from "../../../preload/contract/environment.ts";
import { oneLine } from "./text.ts";

/** An env as its lines: plain values as they stand, secrets by id and version with a key glyph, never a value. */
export function envText(env: Env): string {
  return Object.entries(env)
    .map(([key, binding]) => {
      const what =
        binding.type === "plain" ? oneLine(binding.value) : `⚿ ${binding.secretId} ${versionText(binding.version)}`;
      return `${key} = ${what}`;
    })
    .join("\n");
}

export function versionText(version: number | "latest"): string {
  return version === "latest" ? "latest" : `v${version}`;
}
