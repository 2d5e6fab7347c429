import { describe, expect, test } from "vitest";
import type { SecretDetail } from "../../../../preload/contract/secrets.ts";
import { referenceProblem, versionOptions } from "../../../../renderer/features/environment/reference-state.ts";

const INSTANT = "2026-01-01T00:00:00.000Z";
const ID = "11111111-1111-4111-8111-111111111111";

type Version = SecretDetail["versions"][number];

const version = (number: number, status: Version["status"]): Version => ({
  version: number,
  status,
  keyId: null,
  note: null,
  createdBy: { type: "user" as const, id: null },
  createdAt: INSTANT,
  revokedAt: status === "disabled" || status === "destroyed" ? INSTANT : null,
});

const there = (status: SecretDetail["status"], versions: readonly Version[]) => ({
  kind: "there" as const,
  secret: {
    id: ID,
    companyId: ID,
    key: "gh-token",
    name: "gh-token",
    description: null,
    provider: "local_encrypted" as const,
    status,
    managedMode: "paperclip_managed" as const,
    externalRef: null,
    vaultId: null,
    latestVersion: versions.length,
    references: 1,
    lastResolvedAt: null,
    lastRotatedAt: null,
    createdAt: INSTANT,
    updatedAt: INSTANT,
    versions: [...versions],
  },
});

const two = [version(1, "previous"), version(2, "current")];

describe("a reference to a secret", () => {
  test.each(["latest", 1, 2] as const)("to %s of an active one stands", (selector) => {
    expect(referenceProblem(there("active", two), selector, "ready")).toBeNull();
  });

  test.each([
    [there("disabled", two), "latest", "secret_inactive", "disabled"],
    [there("archived", two), "latest", "secret_inactive", "archived"],
    [there("deleted", []), "latest", "secret_deleted", "deleted"],
    [there("active", two), 3, "version_missing", "no v3"],
    [there("active", []), "latest", "version_missing", "no version"],
    [there("active", [version(1, "destroyed"), version(2, "current")]), 1, "version_inactive", "v1 destroyed"],
    [there("active", [version(1, "previous"), version(2, "disabled")]), "latest", "version_inactive", "v2 disabled"],
    [
      there("active", [{ ...version(1, "disabled"), revokedAt: null }, version(2, "current")]),
      1,
      "version_inactive",
      "v1 never stored",
    ],
    [{ kind: "gone", reason: "secret_missing" }, "latest", "secret_missing", "missing"],
    [{ kind: "gone", reason: "secret_foreign" }, 1, "secret_foreign", "of another company"],
  ] as const)("%# says why a run would be refused", (state, selector, code, what) => {
    expect(referenceProblem(state, selector, "ready")).toEqual({ code, what });
  });

  test("cannot be read while the vault is locked, and says first what is wrong with itself", () => {
    expect(referenceProblem(there("active", two), "latest", "locked")?.code).toBe("vault_locked");
    expect(referenceProblem(there("disabled", two), "latest", "locked")?.code).toBe("secret_inactive");
  });

  test("is no problem before it is known", () => {
    expect(referenceProblem({ kind: "asked" }, "latest", "ready")).toBeNull();
    expect(referenceProblem({ kind: "unknown" }, "latest", undefined)).toBeNull();
  });
});

describe("the versions that can be chosen", () => {
  const labels = (versions: readonly Version[], chosen: "latest" | number) =>
    versionOptions(there("active", versions).secret, chosen).map(({ label }) => label);

  test("are the latest and each by its number, with what is wrong with it", () => {
    expect(labels(two, "latest")).toEqual(["latest → v2", "v2", "v1"]);
    expect(labels([version(1, "destroyed"), version(2, "disabled")], 1)).toEqual([
      "latest → v2 · disabled",
      "v2 · disabled",
      "v1 · destroyed",
    ]);
    expect(labels([{ ...version(1, "disabled"), revokedAt: null }], "latest")).toEqual([
      "latest → v1 · never stored",
      "v1 · never stored",
    ]);
  });

  test("include one that was chosen and is not there", () => {
    expect(labels(two, 7)).toEqual(["latest → v2", "v7 · missing", "v2", "v1"]);
    expect(labels([], "latest")).toEqual(["latest"]);
  });
});
