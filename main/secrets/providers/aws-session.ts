import {
  CreateSecretCommand,
  DeleteSecretCommand,
  DescribeSecretCommand,
  GetSecretValueCommand,
  ListSecretsCommand,
  PutSecretValueCommand,
  SecretsManagerClient,
  UpdateSecretVersionStageCommand,
} from "@aws-sdk/client-secrets-manager";
import { awsFault } from "./aws-faults.ts";
import { managedName, managedTags, PENDING_STAGE, probeName } from "./aws-names.ts";
import type { AwsSettings } from "./aws-secrets-manager.ts";
import { ProviderFault } from "./failure.ts";
import type { RemoteSession } from "./provider.ts";

// This file alone knows the client of AWS. It is loaded by a dynamic import, so that a start without AWS does not pay for it.

const CURRENT_STAGE = "AWSCURRENT";
/** Attempts at one call: the client repeats what was throttled or lost, under the same token. */
const ATTEMPTS = 3;
/** Milliseconds in which a connection must stand. */
const CONNECT_MS = 5_000;

/** Opens a client for one vault, works, and closes it. Credentials are found by AWS's own chain, anew each time. */
export async function withAwsSession<Answer>(
  settings: AwsSettings,
  work: (session: RemoteSession) => Promise<Answer>,
): Promise<Answer> {
  // The client would say on standard error which Node its later versions need; the version that is used here is pinned.
  process.env["AWS_SDK_JS_NODE_VERSION_SUPPORT_WARNING_DISABLED"] = "true";
  const client = new SecretsManagerClient({
    region: settings.region,
    ...(settings.endpoint === undefined ? {} : { endpoint: settings.endpoint }),
    maxAttempts: ATTEMPTS,
    requestHandler: { connectionTimeout: CONNECT_MS, requestTimeout: settings.timeoutSeconds * 1_000 },
  });
  try {
    return await work(sessionOf(client, settings));
  } finally {
    client.destroy();
  }
}

function sessionOf(client: SecretsManagerClient, settings: AwsSettings): RemoteSession {
  /** One call with its deadline. The client may be busy with credentials, which no signal reaches, so the call is left then. */
  async function call<Answer>(send: (options: { abortSignal: AbortSignal }) => Promise<Answer>): Promise<Answer> {
    const deadline = new AbortController();
    const late = new Promise<never>((_resolve, reject) => {
      const timer = setTimeout(() => {
        reject(new ProviderFault("provider_unavailable", true));
        deadline.abort();
      }, settings.timeoutSeconds * 1_000);
      deadline.signal.addEventListener("abort", () => clearTimeout(timer), { once: true });
    });
    try {
      const sent = send({ abortSignal: deadline.signal });
      // Whoever comes late is not heard any more.
      sent.catch(() => undefined);
      return await Promise.race([sent, late]);
    } catch (error) {
      throw awsFault(error);
    } finally {
      deadline.abort();
    }
  }

  async function stagesOf(name: string): Promise<Map<string, string>> {
    const { VersionIdsToStages } = await call((options) =>
      client.send(new DescribeSecretCommand({ SecretId: name }), options),
    );
    const found = Object.entries(VersionIdsToStages ?? {}).flatMap(([version, stages]) =>
      (Array.isArray(stages) ? stages : []).map((stage) => [stage, version] as const),
    );
    return new Map(found);
  }

  const session: RemoteSession = {
    create: async (address, versionRef, value) => {
      const name = managedName(settings, address);
      try {
        const answer = await call((options) =>
          client.send(
            new CreateSecretCommand({
              Name: name,
              ClientRequestToken: versionRef,
              SecretString: value,
              Tags: managedTags(settings, address),
              ...(settings.kmsKeyId === undefined ? {} : { KmsKeyId: settings.kmsKeyId }),
            }),
            options,
          ),
        );
        expectVersion(answer.VersionId, versionRef);
      } catch (error) {
        const fault = awsFault(error);
        // This is how AWS names a secret that waits for its deletion.
        throw fault.reason === "invalid_request" ? new ProviderFault("conflict", fault.unsure) : fault;
      }
    },
    addVersion: async (address, versionRef, value) => {
      const answer = await call((options) =>
        client.send(
          new PutSecretValueCommand({
            SecretId: managedName(settings, address),
            ClientRequestToken: versionRef,
            SecretString: value,
            VersionStages: [PENDING_STAGE],
          }),
          options,
        ),
      );
      expectVersion(answer.VersionId, versionRef);
    },
    makeCurrent: async (address, versionRef) => {
      const name = managedName(settings, address);
      const stages = await stagesOf(name);
      const current = stages.get(CURRENT_STAGE);
      if (current !== versionRef) {
        await call((options) =>
          client.send(
            new UpdateSecretVersionStageCommand({
              SecretId: name,
              VersionStage: CURRENT_STAGE,
              MoveToVersionId: versionRef,
              ...(current === undefined ? {} : { RemoveFromVersionId: current }),
            }),
            options,
          ),
        );
      }
      if (stages.get(PENDING_STAGE) === versionRef) await session.discardVersion(address, versionRef);
    },
    discardVersion: async (address, versionRef) => {
      await call((options) =>
        client.send(
          new UpdateSecretVersionStageCommand({
            SecretId: managedName(settings, address),
            VersionStage: PENDING_STAGE,
            RemoveFromVersionId: versionRef,
          }),
          options,
        ),
      );
    },
    check: async (externalRef) => {
      const answer = await call((options) =>
        client.send(new DescribeSecretCommand({ SecretId: externalRef }), options),
      );
      if (typeof answer.ARN !== "string") throw new ProviderFault("provider_error");
      if (answer.DeletedDate !== undefined) throw new ProviderFault("not_found");
    },
    read: async (externalRef, versionRef) => {
      const answer = await call((options) =>
        client.send(
          new GetSecretValueCommand({
            SecretId: externalRef,
            ...(versionRef === null ? { VersionStage: CURRENT_STAGE } : { VersionId: versionRef }),
          }),
          options,
        ),
      );
      if (versionRef !== null) expectVersion(answer.VersionId, versionRef);
      // Binary material is no text that an environment could carry.
      if (answer.SecretBinary !== undefined) throw new ProviderFault("invalid_request");
      if (typeof answer.SecretString !== "string") throw new ProviderFault("provider_error");
      return answer.SecretString;
    },
    remove: (address) =>
      unlessGone(() =>
        call((options) =>
          client.send(
            new DeleteSecretCommand({
              SecretId: managedName(settings, address),
              RecoveryWindowInDays: settings.recoveryWindowDays,
            }),
            options,
          ),
        ),
      ),
    removeUnused: (address, versionRef) =>
      unlessGone(async () => {
        const name = managedName(settings, address);
        const { VersionIdsToStages } = await call((options) =>
          client.send(new DescribeSecretCommand({ SecretId: name }), options),
        );
        // A secret of this name with another version is somebody else's.
        const versions = Object.keys(VersionIdsToStages ?? {});
        if (versions.length !== 1 || versions[0] !== versionRef) return;
        await call((options) =>
          // Without the recovery window, in which the name could not be used again.
          client.send(new DeleteSecretCommand({ SecretId: name, ForceDeleteWithoutRecovery: true }), options),
        );
      }),
    probe: () =>
      unlessGone(() =>
        call((options) => client.send(new DescribeSecretCommand({ SecretId: probeName(settings) }), options)),
      ),
    list: async ({ text, limit, cursor }) => {
      const answer = await call((options) =>
        client.send(
          new ListSecretsCommand({
            MaxResults: limit,
            ...(cursor === undefined ? {} : { NextToken: cursor }),
            ...(text === undefined || text === "" ? {} : { Filters: [{ Key: "name", Values: [text] }] }),
          }),
          options,
        ),
      );
      if (!Array.isArray(answer.SecretList)) throw new ProviderFault("provider_error");
      const entries = answer.SecretList.flatMap(({ ARN, Name, LastChangedDate }) =>
        typeof ARN === "string" && typeof Name === "string"
          ? [{ externalRef: ARN, name: Name, changedAt: validDate(LastChangedDate) }]
          : [],
      );
      return { entries, nextCursor: typeof answer.NextToken === "string" ? answer.NextToken : null };
    },
  };
  return session;
}

/** Takes the answer that there is no such secret for done. */
async function unlessGone(work: () => Promise<unknown>): Promise<void> {
  try {
    await work();
  } catch (error) {
    const fault = awsFault(error);
    if (fault.reason !== "not_found") throw fault;
  }
}

/** AWS names the version after the token of the request; any other answer is not one to this request. */
function expectVersion(answered: string | undefined, versionRef: string): void {
  if (answered !== versionRef) throw new ProviderFault("provider_error", true);
}

function validDate(date: unknown): Date | null {
  return date instanceof Date && !Number.isNaN(date.getTime()) ? date : null;
}
