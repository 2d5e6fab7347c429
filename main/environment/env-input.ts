import type { Env, EnvBinding, EnvInput, Layer, VersionSelector } from "../../preload/contract/environment.ts";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Executor } from "../database/database.ts";
import { findSecrets, type SecretSummary } from "../secrets/references.ts";
import type { EnvProblem } from "./env-problem.ts";
import { judgeNames } from "./names.ts";
import { plainValue } from "./plain-value.ts";
import { plainSecrets, type StrictRule } from "./strict.ts";

/** The longest plain value, in bytes of UTF-8: as long as a secret's. */
const LONGEST_VALUE = 64 * 1024;

type Reference = { readonly secretId: string } | { readonly secret: string };

interface WantedReference {
  readonly key: string;
  readonly reference: Reference;
  readonly version: VersionSelector;
}

/**
 * The env of one layer as it is stored: keys judged, plain values checked, secrets found by key or id. Refuses the whole
 * with the code of the first key that cannot stand; `fields` names all of them as `env.KEY`. A secret that is disabled or
 * archived may be referred to; one that is missing, deleted or of another company may not. Strict mode judges what the
 * input adds or changes.
 */
export async function normaliseEnv(
  executor: Executor,
  companyId: string,
  layer: Layer,
  input: EnvInput,
  rule: StrictRule,
  platform: NodeJS.Platform = process.platform,
): Promise<Env> {
  const names = judgeNames(layer, Object.keys(input), platform).map(({ name, problem: { code, message, next } }) => ({
    key: name,
    code,
    message,
    next,
  }));
  const values = Object.entries(input).flatMap(([key, binding]) => judgeValue(key, plainValue(binding)));
  const ill = new Set([...names, ...values].map(({ key }) => key));
  const secrets = plainSecrets(input, rule).filter(({ key }) => !ill.has(key));
  refuseFirst(layer, [...names, ...values, ...secrets]);

  const wanted = Object.entries(input).flatMap(([key, binding]) => wantedReference(key, binding));
  const lookAlikes = Object.entries(input).flatMap(([key, binding]) => lookAlike(key, plainValue(binding)));
  const all = [...wanted, ...lookAlikes];
  const found =
    all.length === 0
      ? []
      : await findSecrets(
          executor,
          companyId,
          all.map(({ reference }) => reference),
        );
  const bindings = new Map<string, EnvBinding>();
  const problems: EnvProblem[] = [];
  wanted.forEach((reference, index) => {
    const secret = found[index] ?? null;
    const problem = judgeSecret(companyId, reference, secret);
    if (problem) problems.push(problem);
    else if (secret)
      bindings.set(reference.key, { type: "secret_ref", secretId: secret.id, version: reference.version });
  });
  lookAlikes.forEach(({ key, reference }, index) => {
    const secret = found[wanted.length + index];
    if (secret?.companyId === companyId && secret.status !== "deleted")
      problems.push(meantAsSecret(key, reference.secret));
  });
  refuseFirst(layer, problems);
  return Object.fromEntries(
    Object.entries(input).map(([key, binding]) => {
      const value = plainValue(binding);
      const stored = value === null ? bindings.get(key) : ({ type: "plain", value } as const);
      if (!stored) throw new Error(`${key} was neither refused nor stored`);
      return [key, stored];
    }),
  );
}

function wantedReference(key: string, binding: EnvInput[string]): WantedReference[] {
  if (typeof binding === "string" || binding.type === "plain") return [];
  const version = binding.version ?? "latest";
  if (binding.secretId !== undefined) return [{ key, reference: { secretId: binding.secretId }, version }];
  return [{ key, reference: { secret: binding.secret ?? "" }, version }];
}

function judgeValue(key: string, value: string | null): EnvProblem[] {
  if (value === null) return [];
  if (value.includes("\0")) {
    return [
      {
        key,
        code: "env_value_invalid",
        message: "the value holds a NUL character, which no process can be given.",
        next: "Remove it.",
      },
    ];
  }
  if (/\p{Surrogate}/u.test(value)) {
    return [{ key, code: "env_value_invalid", message: "the value is not valid Unicode.", next: "Correct the value." }];
  }
  const bytes = Buffer.byteLength(value);
  if (bytes <= LONGEST_VALUE) return [];
  return [
    {
      key,
      code: "env_value_invalid",
      message: `the value has ${bytes} bytes of at most ${LONGEST_VALUE}.`,
      next: "Hand large values over as a file, and its path as the value.",
    },
  ];
}

/**
 * Notations that look as if they stood for a secret. They would be delivered as they are, so one that names a secret of
 * the company is taken for a mistake; any other is an ordinary value.
 */
function lookAlike(key: string, value: string | null): { key: string; reference: { secret: string } }[] {
  const match = /^\s*(?:secret:(?:\/\/)?([^\s{}]+)|\$?\{\{\s*secrets?[.:]\s*([^\s{}]+)\s*\}\})\s*$/i.exec(value ?? "");
  const secret = match?.[1] ?? match?.[2];
  return secret === undefined || secret.length > 200 ? [] : [{ key, reference: { secret } }];
}

function meantAsSecret(key: string, secret: string): EnvProblem {
  return {
    key,
    code: "env_value_invalid",
    message: `the value would be delivered as it is written, but it names the secret "${secret}".`,
    next: `Refer to the secret: {"type": "secret_ref", "secret": ${JSON.stringify(secret)}}`,
    secret,
  };
}

function judgeSecret(companyId: string, wanted: WantedReference, secret: SecretSummary | null): EnvProblem | null {
  const { key, reference } = wanted;
  const text = "secret" in reference ? reference.secret : reference.secretId;
  const next = "See what there is: `paperclip-desktop secrets list`";
  const problem = (code: ErrorCode, message: string) => ({ key, code, message, next, secret: text });
  if (!secret) return problem("secret_missing", `there is no secret ${JSON.stringify(text)}.`);
  if (secret.companyId !== companyId)
    return problem("secret_foreign", `the secret ${text} is not one of this company.`);
  if (secret.status === "deleted")
    return problem("secret_deleted", `the secret ${JSON.stringify(secret.key)} is deleted.`);
  if (typeof wanted.version === "number" && wanted.version > secret.latestVersion) {
    const versions = `version ${wanted.version}: its latest is ${secret.latestVersion}`;
    return problem("version_missing", `the secret ${JSON.stringify(secret.key)} has no ${versions}.`);
  }
  return null;
}

function refuseFirst(layer: Layer, problems: readonly EnvProblem[]): void {
  const [first] = problems;
  if (!first) return;
  const key = first.key.length > 60 ? `${first.key.slice(0, 60)}…` : first.key;
  throw new Refusal(first.code, `The ${layer} env was not saved: ${key}: ${first.message}`, {
    fields: Object.fromEntries(problems.map((problem) => [`env.${problem.key.slice(0, 200)}`, problem.message])),
    next: first.next,
    details: { layer, key, ...(first.secret === undefined ? {} : { secret: first.secret.slice(0, 200) }) },
  });
}
