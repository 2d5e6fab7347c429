import { describe, expect, test } from "vitest";
import {
  type FailedReference,
  previewFailure,
  referenceFailure,
  sizeFailure,
} from "../../../main/environment/failures.ts";

const reference: FailedReference = {
  code: "secret_inactive",
  key: "GH_TOKEN",
  layer: "routine",
  secretId: "00000000-0000-4000-8000-000000000000",
  secretKey: "gh-token",
  secretStatus: "disabled",
  selector: "latest",
};

describe("why a reference stops a run", () => {
  test("is said with layer, key, secret and the way out", () => {
    expect(referenceFailure(reference)).toEqual({
      code: "secret_inactive",
      message: 'GH_TOKEN (routine): secret "gh-token" is disabled.',
      next: "Enable the secret: `paperclip-desktop secrets enable gh-token`",
      layer: "routine",
      key: "GH_TOKEN",
      secretKey: "gh-token",
    });
  });

  test.each([
    "binding_missing",
    "secret_missing",
    "secret_foreign",
    "secret_deleted",
    "secret_inactive",
    "version_missing",
    "version_inactive",
    "provider_error",
    "vault_locked",
  ])("%s has a text of its own and a next step", (code) => {
    for (const selector of ["latest", 3] as const) {
      const failure = referenceFailure({ ...reference, code, selector });
      expect(failure.message).toContain("GH_TOKEN (routine): ");
      expect(failure.message).toContain("gh-token");
      expect(failure.next).toBeTruthy();
    }
  });

  test("names the id where there is no key to name", () => {
    const failure = referenceFailure({ ...reference, code: "secret_missing", secretKey: null, secretStatus: null });
    expect(failure.message).toContain(reference.secretId);
  });

  test("is the same from a preview", () => {
    const { key, layer, secretId, secretKey, secretStatus, selector } = reference;
    const entry = { key, layer, overrides: [], source: "secret" as const, secretId, secretKey, secretStatus, selector };
    expect(previewFailure({ ...entry, problem: reference.code })).toEqual(referenceFailure(reference));
    expect(previewFailure({ ...entry, problem: null })).toBeNull();
  });
});

test("an env that is too large names the variable, or all of them", () => {
  expect(sizeFailure({ key: "A", size: 9, limit: 8 }, "agent").message).toContain("A (agent)");
  expect(sizeFailure({ key: null, size: 9, limit: 8 }, null).message).toContain("9 of 8");
});
