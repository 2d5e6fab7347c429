import type { ManifestEntry } from "../../preload/contract/environment.ts";
import type { RunFailure, RunSource } from "../../preload/contract/runs.ts";
import type { Database } from "../database/database.ts";
import { findSecrets } from "../secrets/references.ts";
import { type Resolved, resolveReferences } from "../secrets/resolution.ts";
import type { Vault } from "../secrets/vault.ts";
import { referenceFailure, sizeFailure } from "./failures.ts";
import { type Winner, winners } from "./layers.ts";
import { judgeSize } from "./limits.ts";
import { manifestOf } from "./manifest.ts";
import { nameIdentity } from "./names.ts";
import { type EnvironmentSheet, layersOf } from "./sheet.ts";

/** Who a run is: what its process is told in the runtime's own names, and what access events carry. */
export interface RunIdentity {
  readonly companyId: string;
  /** The routine run, which panel and command line show. */
  readonly runId: string;
  /** The attempt at it. */
  readonly heartbeatRunId: string;
  readonly routineId: string;
  readonly agentId: string;
  readonly projectId: string | null;
  readonly sheetId: string;
  readonly trigger: RunSource;
  /** Where the instructions stand as a file, if they do. */
  readonly payloadFile: string | null;
}

export type EnvironmentResolution =
  | {
      readonly ok: true;
      /** The whole env of the process. Holds secret values: it goes into the process and nowhere else. */
      readonly env: Record<string, string>;
      readonly manifest: ManifestEntry[];
      /** Every secret value in it, for masking. */
      readonly secretValues: string[];
      readonly resolvedVersions: { readonly key: string; readonly secretId: string; readonly version: number }[];
    }
  | { readonly ok: false; readonly failure: RunFailure; readonly manifest: ManifestEntry[] };

/**
 * What a run's process is given: the base, over it the winners of agent, project and routine, over these the runtime's
 * own names. Only winners that refer to a secret are read, each under its own consumer, with their access events. The
 * first reference in the order of keys that cannot be read stops the run; no key is ever delivered empty in its place.
 */
export async function resolveEnvironment(
  database: Database,
  vault: Vault,
  sheet: EnvironmentSheet,
  identity: RunIdentity,
  base: Readonly<Record<string, string>>,
  platform: NodeJS.Platform = process.platform,
): Promise<EnvironmentResolution> {
  const won = winners(layersOf(sheet), platform);
  const resolved = await readReferences(database, vault, identity, won);
  const runtime = runtimeEnvironment(identity);
  const manifest = manifestOf(won, resolved, Object.keys(runtime));
  const failed = won.flatMap((winner) => resolved.get(winner.key) ?? []).find((answer) => !answer.ok);
  if (failed && !failed.ok)
    return { ok: false, failure: await explain(database, identity.companyId, failed), manifest };

  const delivered = won.map(({ key, binding }): [string, string] => {
    if (binding.type === "plain") return [key, binding.value];
    const answer = resolved.get(key);
    if (!answer?.ok) throw new Error(`${key} was not resolved and did not fail`);
    return [key, answer.value];
  });
  const env = layOver([Object.entries(base), delivered, Object.entries(runtime)], platform);
  const tooLarge = judgeSize(env, platform);
  if (tooLarge) {
    const layer = won.find(({ key }) => key === tooLarge.key)?.layer ?? null;
    return { ok: false, failure: sizeFailure(tooLarge, layer), manifest };
  }
  const read = [...resolved.values()].flatMap((answer) => (answer.ok ? [answer] : []));
  return {
    ok: true,
    env,
    manifest,
    secretValues: read.map((answer) => answer.value),
    resolvedVersions: read.map(({ request, version }) => ({ key: request.key, secretId: request.secretId, version })),
  };
}

/** The names that the runtime itself would set in a run, sorted; for a preview. */
export function runtimeNames(run: { projectId: string | null; withFile: boolean }): string[] {
  return Object.keys(
    runtimeEnvironment({
      companyId: "",
      runId: "",
      routineId: "",
      agentId: "",
      trigger: "manual",
      projectId: run.projectId,
      payloadFile: run.withFile ? "" : null,
    }),
  ).toSorted();
}

function runtimeEnvironment(run: Omit<RunIdentity, "heartbeatRunId" | "sheetId">): Record<string, string> {
  return {
    PAPERCLIP_COMPANY_ID: run.companyId,
    PAPERCLIP_AGENT_ID: run.agentId,
    ...(run.projectId === null ? {} : { PAPERCLIP_PROJECT_ID: run.projectId }),
    PAPERCLIP_ROUTINE_ID: run.routineId,
    PAPERCLIP_RUN_ID: run.runId,
    PAPERCLIP_TRIGGER: run.trigger,
    ...(run.payloadFile === null ? {} : { PAPERCLIP_PAYLOAD_FILE: run.payloadFile }),
  };
}

async function readReferences(
  database: Database,
  vault: Vault,
  identity: RunIdentity,
  won: readonly Winner[],
): Promise<Map<string, Resolved>> {
  const requests = won.flatMap(({ key, layer, consumerId, binding }) =>
    binding.type === "plain"
      ? []
      : [
          {
            key,
            layer,
            consumerType: layer,
            consumerId,
            configPath: `env.${key}`,
            secretId: binding.secretId,
            version: binding.version,
          },
        ],
  );
  if (requests.length === 0) return new Map();
  const context = {
    companyId: identity.companyId,
    actor: { type: "agent" as const, id: identity.agentId },
    runId: identity.runId,
    heartbeatRunId: identity.heartbeatRunId,
    sheetId: identity.sheetId,
  };
  const answers = await resolveReferences(database, vault, context, requests);
  return new Map(answers.map((answer) => [answer.request.key, answer]));
}

async function explain(
  database: Database,
  companyId: string,
  failed: Extract<Resolved, { ok: false }>,
): Promise<RunFailure> {
  const { key, layer, secretId, version } = failed.request;
  const [secret] = await findSecrets(database.orm, companyId, [{ secretId }]);
  const known = secret?.companyId === companyId ? secret : null;
  return referenceFailure({
    code: failed.code,
    key,
    layer,
    secretId,
    secretKey: failed.secretKey,
    reason: failed.reason,
    secretStatus: known?.status ?? null,
    selector: version,
  });
}

/** Later names replace earlier ones; on Windows whatever their case. */
function layOver(parts: readonly (readonly [string, string])[][], platform: NodeJS.Platform): Record<string, string> {
  const env = new Map<string, readonly [string, string]>();
  for (const [key, value] of parts.flat()) env.set(nameIdentity(key, platform), [key, value]);
  return Object.fromEntries(env.values());
}
