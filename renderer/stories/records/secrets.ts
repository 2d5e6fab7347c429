import type { AccessEvent, SecretDetail, SecretRecord, SecretVersion } from "../../../preload/contract/secrets.ts";
import { daysAgo, hoursAgo } from "../clock.ts";
import { idOf } from "./ids.ts";

export function aSecret(different: Partial<SecretRecord> = {}): SecretRecord {
  return {
    id: idOf("secret"),
    companyId: idOf("company"),
    key: "gh-token",
    name: "GitHub token",
    description: "Reads issues of the public repositories.",
    provider: "local_encrypted",
    status: "active",
    managedMode: "paperclip_managed",
    externalRef: null,
    vaultId: null,
    latestVersion: 4,
    references: 2,
    lastResolvedAt: hoursAgo(3),
    lastRotatedAt: daysAgo(9),
    createdAt: daysAgo(39),
    updatedAt: daysAgo(9),
    ...different,
  };
}

export function aVersion(different: Partial<SecretVersion> = {}): SecretVersion {
  return {
    version: 4,
    status: "current",
    keyId: "9f2ab31c",
    note: null,
    createdBy: { type: "user", id: "local-operator" },
    createdAt: daysAgo(9),
    revokedAt: null,
    ...different,
  };
}

/** With the versions 4 to 1. */
export function aSecretDetail(different: Partial<SecretDetail> = {}): SecretDetail {
  const older = [3, 2, 1].map((version) =>
    aVersion({ version, status: version === 1 ? "destroyed" : "previous", createdAt: daysAgo(39 - version * 8) }),
  );
  return { ...aSecret(), versions: [aVersion({ note: "Rotated by the quarter" }), ...older], ...different };
}

export function anAccessEvent(different: Partial<AccessEvent> = {}): AccessEvent {
  return {
    id: idOf("entry"),
    sequence: 1,
    secretId: idOf("secret"),
    secretKey: "gh-token",
    secretName: "GitHub token",
    version: 4,
    provider: "local_encrypted",
    actor: { type: "agent", id: idOf("agent") },
    actorName: "triage",
    consumerType: "routine",
    consumerId: idOf("routine"),
    consumerName: "Nightly triage",
    configPath: "env.GH_TOKEN",
    layer: "routine",
    runId: idOf("run"),
    attemptId: idOf("attempt"),
    outcome: "success",
    errorCode: null,
    createdAt: hoursAgo(3),
    ...different,
  };
}
