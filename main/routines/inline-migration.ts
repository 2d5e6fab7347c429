import type { Env } from "../../preload/contract/environment.ts";
import type { InlineAnswer, InlineChoice, InlineFinding } from "../../preload/contract/inline-secrets.ts";
import { judgePlainValue, secretKeyFor, whyNotSealable } from "../../preload/rules/credentials.ts";
import { asRefusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { normaliseEnv } from "../environment/env-input.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR } from "../record/activity.ts";
import { secretsWithValues, takenSecretNames } from "../secrets/equal-values.ts";
import { createSecret } from "../secrets/store.ts";
import type { Vault } from "../secrets/vault.ts";
import { configCredentials, withVariables } from "../work/adapters/config-credentials.ts";
import { type Consumer, listConsumers, lockConsumer, saveConsumerEnv } from "./consumers.ts";
import { consumerKey, type KnownSecrets, type Place, sealingPlan, type SealingPlan } from "./sealing-plan.ts";

export interface SealServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly clock: Clock;
  /** Whether an env is refused that holds a credential in clear; asked at each save. */
  strictMode(): boolean;
}

/** A plain value that is a credential. Stays in this process. */
interface Credential {
  /** Of the env, or the field of how an agent is started. */
  readonly key: string;
  readonly value: string;
  readonly why: string;
  /** The key of the env that refers to the secret then. */
  readonly variable: string;
  /** Why it cannot be sealed by itself, or null. */
  readonly stuck: string | null;
}

/** One that is to be sealed, and where it goes. */
interface Sealed extends Credential {
  /** Null where it stays as it is, for the reason in `skipped`. */
  readonly place: Place | null;
  readonly skipped: string | null;
}

/**
 * The plain values of a company that are credentials by name or shape, and the secrets that they would become. Changes
 * nothing. Refuses with `vault_locked`.
 */
export async function previewMigration(services: SealServices, companyId: string): Promise<InlineAnswer> {
  const { orm } = services.database;
  const consumers = await listConsumers(orm, companyId);
  const plan = sealingPlan(await knownSecrets(orm, services, companyId, consumers.flatMap(credentialsOf)));
  const findings: InlineFinding[] = [];
  for (const consumer of consumers) {
    const all = await sealedOf(orm, companyId, consumer, credentialsOf(consumer), plan);
    findings.push(...all.map((one) => findingOf(consumer, one)));
  }
  return { applied: false, findings, notes: notesOf(findings) };
}

/**
 * Makes them secrets, all or only these: per agent, project and routine one transaction with its secrets, its env, its
 * bindings, and a revision where it is a routine. Run again after a kill it finishes what is left; run twice it changes
 * nothing. One that refuses to be saved is skipped and keeps nobody else from it. Refuses with `vault_locked`.
 */
export async function migrateInline(
  services: SealServices,
  companyId: string,
  only?: readonly InlineChoice[],
): Promise<InlineAnswer> {
  const { orm } = services.database;
  const findings: InlineFinding[] = [];
  for (const listed of await listConsumers(orm, companyId)) {
    const chosen = chosenOf(listed, only);
    if (chosen === null ? credentialsOf(listed).length === 0 : chosen.size === 0) continue;
    findings.push(...(await migrateOne(services, companyId, listed, chosen)));
  }
  return { applied: true, findings, notes: notesOf(findings) };
}

/** The keys of a consumer that are meant; null for all. */
function chosenOf({ layer, id }: Consumer, only: readonly InlineChoice[] | undefined): ReadonlySet<string> | null {
  if (only === undefined) return null;
  return new Set(only.flatMap((one) => (one.layer === layer && one.consumerId === id ? [one.key] : [])));
}

async function migrateOne(
  services: SealServices,
  companyId: string,
  listed: Consumer,
  chosen: ReadonlySet<string> | null,
): Promise<InlineFinding[]> {
  try {
    const found = await plannedAnew(() => sealConsumer(services, companyId, listed, chosen));
    const gone = [...(chosen ?? [])].filter((key) => !found.some((finding) => finding.key === key));
    return [...found, ...gone.map((key) => findingOf(listed, { key, why: "", place: null, skipped: GONE }))];
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === null || STOPPING.has(refusal.code)) throw error;
    const skipped = refusal.message;
    return meantOf(listed, chosen).map(({ key, why }) => findingOf(listed, { key, why, place: null, skipped }));
  }
}

const GONE = "it does not stand in clear any more.";

/** What would refuse every other one as well. */
const STOPPING: ReadonlySet<string> = new Set(["vault_locked", "read_only", "database_unavailable", "disk_full"]);

/** A name that was free when it was planned may be taken when it is used; then it is planned once more. */
export async function plannedAnew<Result>(work: () => Promise<Result>): Promise<Result> {
  for (let left = 3; ; left -= 1) {
    try {
      return await work();
    } catch (error) {
      if (left === 0 || asRefusal(error)?.code !== "secret_taken") throw error;
    }
  }
}

function sealConsumer(
  services: SealServices,
  companyId: string,
  listed: Consumer,
  chosen: ReadonlySet<string> | null,
): Promise<InlineFinding[]> {
  const { database, clock } = services;
  return database.orm.transaction(async (tx) => {
    const consumer = await lockConsumer(tx, companyId, listed);
    if (!consumer) return [];
    const meant = meantOf(consumer, chosen);
    const plan = sealingPlan(await knownSecrets(tx, services, companyId, meant));
    const all = await sealedOf(tx, companyId, consumer, meant, plan);
    const moved = await variablesOf(tx, companyId, consumer, all);
    const variableOf = ({ key, variable }: Sealed) => moved.get(key) ?? variable;
    const sealed = all.map((one) => ({ key: variableOf(one), value: one.value, place: one.place }));
    const references = await sealAll(tx, services, companyId, sealed);
    const keys = all.flatMap(({ key, place }) => (place === null ? [] : [key]));
    if (keys.length > 0) {
      await saveConsumerEnv(tx, consumer, {
        companyId,
        env: { ...consumer.env, ...references },
        ...(consumer.launch === null || moved.size === 0
          ? {}
          : { config: withVariables(consumer.launch.config, moved) }),
        strict: services.strictMode(),
        actor: OPERATOR,
        now: clock.now(),
        changeSummary: `Sealed into secrets: ${keys.join(", ")}`.slice(0, 500),
      });
    }
    return all.map((one) => findingOf(consumer, one));
  });
}

/**
 * The variables that take the place of credentials in how an agent is started, by the field. No env of the company has such a
 * key: a project or a routine would put another value in its place.
 */
async function variablesOf(
  tx: Executor,
  companyId: string,
  consumer: Consumer,
  all: readonly Sealed[],
): Promise<ReadonlyMap<string, string>> {
  const fields = all.filter(({ key, place }) => place !== null && !Object.hasOwn(consumer.env, key));
  const variables = new Map<string, string>();
  if (fields.length === 0) return variables;
  const everyKey = (await listConsumers(tx, companyId)).flatMap(({ env }) => Object.keys(env));
  const taken = new Set(everyKey.map((key) => key.toUpperCase()));
  for (const { key, variable } of fields) {
    let free = variable;
    for (let number = 2; taken.has(free); number += 1) free = `${variable}_${number}`;
    taken.add(free);
    variables.set(key, free);
  }
  return variables;
}

/** Makes the secrets that are not there yet, and answers with the bindings to them. */
export async function sealAll(
  tx: Executor,
  { vault, clock }: Pick<SealServices, "vault" | "clock">,
  companyId: string,
  all: readonly { readonly key: string; readonly value: string; readonly place: Place | null }[],
): Promise<Env> {
  const made = new Map<string, string>();
  const references: [string, Env[string]][] = [];
  for (const { key, value, place } of all) {
    if (place === null) continue;
    let secretId = place.secretId ?? made.get(place.key);
    if (secretId === undefined) {
      const store = { executor: tx, vault, clock, actor: OPERATOR };
      ({ id: secretId } = await createSecret(store, { companyId, key: place.key, value }));
      made.set(place.key, secretId);
    }
    references.push([key, { type: "secret_ref", secretId, version: "latest" }]);
  }
  return Object.fromEntries(references);
}

/** What there is of secrets, as far as these values are concerned. */
export async function knownSecrets(
  executor: Executor,
  { vault }: Pick<SealServices, "vault">,
  companyId: string,
  values: readonly { readonly value: string }[],
): Promise<KnownSecrets> {
  return {
    equal: await secretsWithValues(
      executor,
      vault,
      companyId,
      values.map(({ value }) => value),
    ),
    taken: await takenSecretNames(executor, companyId),
  };
}

async function sealedOf(
  executor: Executor,
  companyId: string,
  consumer: Consumer,
  found: readonly Credential[],
  plan: SealingPlan,
): Promise<Sealed[]> {
  const stuck = found.length === 0 ? null : await whyNotSavable(executor, companyId, consumer);
  return found.map((one) => {
    const skipped = stuck ?? one.stuck ?? whyNotSealable(one.value);
    if (skipped !== null) return { ...one, place: null, skipped };
    const place = plan(one.value, [consumerKey(whoseKey(consumer), secretKeyFor(one.variable))]);
    return { ...one, place, skipped: null };
  });
}

/** The name of a consumer as the beginning of a key; where its script has no such letters, what it is. */
export function whoseKey({ layer, name }: Consumer): string {
  return /[a-z0-9]/i.test(name) ? secretKeyFor(name) : layer;
}

function meantOf(consumer: Consumer, chosen: ReadonlySet<string> | null): Credential[] {
  const found = credentialsOf(consumer);
  return chosen === null ? found : found.filter(({ key }) => chosen.has(key));
}

function credentialsOf({ env, launch }: Consumer): Credential[] {
  const ofEnv = Object.entries(env).flatMap(([key, binding]) => {
    if (binding.type !== "plain") return [];
    const sign = judgePlainValue(key, binding.value);
    return sign?.verdict === "refuse" ? [{ key, value: binding.value, why: sign.why, variable: key, stuck: null }] : [];
  });
  const ofLaunch = launch === null ? [] : configCredentials(launch);
  return [...ofEnv.toSorted(byKey), ...ofLaunch.toSorted(byKey)];
}

const byKey = (one: Credential, other: Credential): number => (one.key < other.key ? -1 : 1);

/** An env that could not be saved as it is, such as one whose other secret is deleted, cannot be changed either. */
async function whyNotSavable(executor: Executor, companyId: string, { layer, env }: Consumer): Promise<string | null> {
  try {
    await normaliseEnv(executor, companyId, layer, env, { strict: false, before: env });
    return null;
  } catch (error) {
    const refusal = asRefusal(error);
    if (refusal === null) throw error;
    return refusal.message;
  }
}

function findingOf(
  { layer, id, name }: Consumer,
  { key, why, place, skipped }: Pick<Sealed, "key" | "why" | "place" | "skipped">,
): InlineFinding {
  const sealed = place?.isNew ? "new_secret" : "existing_secret";
  const outcome = place === null ? "skipped" : sealed;
  return { layer, consumerId: id, consumerName: name, key, why, outcome, secretKey: place?.key ?? null, skipped };
}

const IN_HISTORY =
  "Older revisions of routines, sheets of earlier runs and backups still hold the values in clear: replace each credential where it was issued, then rotate its secret.";

function notesOf(findings: readonly InlineFinding[]): string[] {
  return findings.some(({ outcome }) => outcome !== "skipped") ? [IN_HISTORY] : [];
}
