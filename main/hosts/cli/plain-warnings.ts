import type { EnvInput } from "../../../preload/contract/environment.ts";
import { judgePlainValue } from "../../../preload/rules/credentials.ts";
import type { Output } from "./output.ts";

/** Says on standard error which of the plain values that were saved may be credentials. Never a value. */
export function warnOfPlainValues(output: Output, env: EnvInput | undefined): void {
  for (const [key, binding] of Object.entries(env ?? {})) {
    if (typeof binding !== "string" && binding.type !== "plain") continue;
    const sign = judgePlainValue(key, typeof binding === "string" ? binding : binding.value);
    if (sign !== null) output.progress(`warning: ${key} is saved in clear. ${sign.why}`);
  }
}
