import type { EnvInput } from "../../preload/contract/environment.ts";

/** The plain value of a binding as it was written, or null for a reference. */
export function plainValue(binding: EnvInput[string]): string | null {
  if (typeof binding === "string") return binding;
  return binding.type === "plain" ? binding.value : null;
}
