import type { Actor } from "../../preload/contract/common.ts";
import type { Layer, VersionSelector } from "../../preload/contract/environment.ts";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import { type Database, runStatement } from "../database/database.ts";
import { asId } from "../database/ids.ts";
import { RESOLVE_LIVE, RESOLVE_PINNED } from "./resolution-sql.ts";
import { versionMaterial } from "./sealing.ts";
import type { ProviderReason } from "./providers/failure.ts";
import { readRemote, type RemoteAnswer } from "./remote-resolution.ts";
import type { Vault } from "./vault.ts";

/** One reference of a run: who asks, for which secret, at which place of its own env. */
export interface ReferenceRequest {
  /** The env key that the value is for. */
  readonly key: string;
  readonly layer: Layer;
  readonly consumerType: "agent" | "project" | "routine";
  readonly consumerId: string;
  /** Such as `env.GH_TOKEN`. */
  readonly configPath: string;
  readonly secretId: string;
  readonly version: VersionSelector;
}

export interface ResolveContext {
  readonly companyId: string;
  readonly actor: Actor;
  /** The routine run. */
  readonly runId: string | null;
  readonly heartbeatRunId: string | null;
  /** The sheet whose bindings count; with null, the bindings as they stand now. */
  readonly sheetId: string | null;
}

export type Resolved =
  | {
      readonly ok: true;
      readonly request: ReferenceRequest;
      readonly value: string;
      readonly secretKey: string;
      readonly version: number;
      readonly provider: string;
    }
  | {
      readonly ok: false;
      readonly request: ReferenceRequest;
      readonly code: ErrorCode;
      /** Null where the secret does not exist or is another company's. */
      readonly secretKey: string | null;
      /** What the provider's answer was, where one was asked. */
      readonly reason?: ProviderReason;
    };

/** What the statement says of one request. `code` null: it may be read, and `material` is there. */
interface Judged {
  secretId: string | null;
  code: ErrorCode | null;
  key: string | null;
  provider: string | null;
  version: number | null;
  material: unknown;
  /** Where to find it at another provider; null where it is sealed here. */
  remote: unknown;
}

/**
 * Reads the values of all references in one round trip, and leaves one access event for each, with consecutive sequence
 * numbers, whatever its outcome. The answers stand in the order of the requests. Where the events cannot be written this
 * throws, and no value is released. References to other providers are asked for after that, all at once. A value that does
 * not open or does not come is refused with `provider_error` and leaves a second event that says so.
 */
export async function resolveReferences(
  database: Database,
  vault: Vault,
  context: ResolveContext,
  requests: readonly ReferenceRequest[],
): Promise<Resolved[]> {
  if (requests.length === 0) return [];
  if (vault.state() !== "ready") await vault.reload();
  const judged = await judge(database, context, requests, vault.state() === "ready" ? null : "vault_locked");
  const answers = await readRemote(
    context.companyId,
    judged.map(({ remote }) => remote),
  );
  const values = await Promise.all(
    judged.map((one, index) => {
      if (one.code !== null) return null;
      return one.remote === null ? open(vault, context.companyId, one) : valueOf(answers[index]);
    }),
  );
  const unopened = requests.filter((_, index) => judged[index]?.code === null && values[index] === null);
  if (unopened.length > 0) await judge(database, context, unopened, "provider_error");
  vault.toSeal.tell();
  return requests.map((request, index) => {
    const { code, key, provider, version } = judged[index] ?? unanswered(request);
    const value = values[index] ?? null;
    if (value === null || key === null || provider === null || version === null) {
      const answer = answers[index];
      const reason = answer && "reason" in answer ? { reason: answer.reason } : {};
      return { ok: false, request, code: code ?? "provider_error", secretKey: key, ...reason };
    }
    return { ok: true, request, value, secretKey: key, version, provider };
  });
}

/** Judges the requests and writes their events; `otherwise` refuses those that nothing else refuses. */
async function judge(
  database: Database,
  context: ResolveContext,
  requests: readonly ReferenceRequest[],
  otherwise: ErrorCode | null,
): Promise<Judged[]> {
  return runStatement<Judged>(database.orm, context.sheetId === null ? RESOLVE_LIVE : RESOLVE_PINNED, [
    context.companyId,
    requests.map(({ secretId }) => asId(secretId)),
    requests.map(({ consumerType }) => consumerType),
    requests.map(({ consumerId }) => consumerId),
    requests.map(({ configPath }) => configPath),
    requests.map(({ version }) => (version === "latest" ? null : version)),
    requests.map(({ layer }) => layer),
    context.sheetId,
    context.actor.type,
    context.actor.id,
    context.runId,
    context.heartbeatRunId,
    otherwise,
  ]);
}

/** The value, or null where the material is not what was sealed for this address under this key. */
async function open(vault: Vault, companyId: string, { secretId, version, material }: Judged): Promise<string | null> {
  const parsed = versionMaterial.safeParse(material);
  if (!parsed.success || version === null || secretId === null) return null;
  try {
    return await vault.open({ companyId, secretId, version }, parsed.data);
  } catch {
    // Whatever the cipher says goes no further: its text is of no use to a run.
    return null;
  }
}

function valueOf(answer: RemoteAnswer | null | undefined): string | null {
  return answer && "value" in answer ? answer.value : null;
}

function unanswered(request: ReferenceRequest): never {
  throw new Error(`the database gave no answer for ${request.configPath}`);
}
