import { describe, expect, it } from "vitest";
import type { SecretVersion } from "../../../../preload/contract/secrets.ts";
import { standingOf, versionActions } from "../../../../renderer/features/secrets/version-actions.ts";

const INSTANT = "2026-01-01T00:00:00.000Z";
const version = (number: number, status: SecretVersion["status"], revokedAt: string | null = null): SecretVersion => ({
  version: number,
  status,
  keyId: null,
  note: null,
  createdBy: { type: "user", id: null },
  createdAt: INSTANT,
  revokedAt,
});
const secret = { status: "active", provider: "local_encrypted", latestVersion: 4 } as const;
const free = { change: null, value: null };
const names = (...given: Parameters<typeof versionActions>) => versionActions(...given).map(({ action }) => action);
const reasons = (...given: Parameters<typeof versionActions>) =>
  Object.fromEntries(versionActions(...given).map(({ action, unavailable }) => [action, unavailable]));

describe("what can be done to a version", () => {
  it("depends on how it stands", () => {
    expect(names(secret, version(4, "current"), free)).toEqual(["disable", "destroy"]);
    expect(names(secret, version(3, "previous"), free)).toEqual(["rollback", "disable", "destroy"]);
    expect(names(secret, version(3, "disabled", INSTANT), free)).toEqual(["enable", "destroy"]);
    for (const status of ["destroyed", "failed"] as const) {
      expect(names(secret, version(3, status, INSTANT), free)).toEqual([]);
    }
  });

  it("is nothing for a number that was reserved and never stored", () => {
    expect(standingOf(version(5, "disabled"))).toBe("never_stored");
    expect(standingOf(version(3, "disabled", INSTANT))).toBe("disabled");
    expect(names(secret, version(5, "disabled"), free)).toEqual([]);
  });

  it("says why it cannot be done now", () => {
    const older = version(3, "previous");
    expect(reasons({ ...secret, status: "disabled" }, older, free)).toEqual({
      rollback: "Enable the secret first.",
      disable: null,
      destroy: null,
    });
    expect(reasons({ ...secret, provider: "aws_secrets_manager" }, older, free)).toEqual({
      rollback: "Its value is kept by the provider.",
      disable: null,
      destroy: "Its value is kept by the provider.",
    });
    expect(reasons(secret, older, { change: null, value: "locked" })).toEqual({
      rollback: "locked",
      disable: null,
      destroy: null,
    });
    expect(reasons(secret, older, { change: "read only", value: "read only" })).toEqual({
      rollback: "read only",
      disable: "read only",
      destroy: "read only",
    });
  });
});
