import type { Env, EnvInput } from "../../preload/contract/environment.ts";
import { judgePlainValue, secretKeyFor, whyNotSealable } from "../../preload/rules/credentials.ts";
import type { EnvProblem } from "./env-problem.ts";
import { plainValue } from "./plain-value.ts";

/** Whether plain values are judged, and what stood there before: a definition from another time can still be edited. */
export interface StrictRule {
  readonly strict: boolean;
  readonly before: Env;
}

/** The keys of an env that strict mode refuses: added or changed plain values that are credentials by name or shape. */
export function plainSecrets(input: EnvInput, { strict, before }: StrictRule): EnvProblem[] {
  if (!strict) return [];
  return Object.entries(input).flatMap(([key, binding]): EnvProblem[] => {
    const value = plainValue(binding);
    const sign = value === null || isKept(before, key, value) ? null : judgePlainValue(key, value);
    if (value === null || sign?.verdict !== "refuse") return [];
    return [
      {
        key,
        code: "env_plain_secret",
        message: `a credential is not saved in clear. ${sign.why}`,
        next: wayOut(key, value),
      },
    ];
  });
}

function isKept(before: Env, key: string, value: string): boolean {
  const old = Object.hasOwn(before, key) ? before[key] : undefined;
  return old?.type === "plain" && old.value === value;
}

function wayOut(key: string, value: string): string {
  const unfit = whyNotSealable(value);
  if (unfit !== null) return `It cannot become a secret, because ${unfit}: give it another value or another name.`;
  const secret = secretKeyFor(key);
  const reference = `{"type": "secret_ref", "secret": "${secret}"}`;
  return `Create a secret, \`paperclip-desktop secrets create --key ${secret} --value-stdin\`, and refer to it: "${key.slice(0, 60)}": ${reference}`;
}
