import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  canBeSealed,
  credentialSign,
  isSensitiveName,
  secretKeyFor,
} from "../../../../renderer/features/environment/credentials.ts";

describe("a plain value that looks like a credential", () => {
  test.each(["TOKEN", "GH_TOKEN", "gh_token", "API_KEY", "MY_SECRET_ID", "DB_PASSWORD", "PASSWORDS"])(
    "is known by its key %s",
    (key) => {
      expect(isSensitiveName(key)).toBe(true);
      expect(credentialSign(key, "abcd")?.certainty).toBe("likely");
    },
  );

  test.each(["SSH_PUBLIC_KEY", "TOKENS_PER_MINUTE", "KEY", "KEYBOARD", "MONKEY", "LOG_LEVEL", ""])(
    "is not known by the key %s",
    (key) => {
      expect(credentialSign(key, "debug")).toBeNull();
    },
  );

  test.each([
    ["ghp_", "abcdefghijklmnopqrstuv0123456789"],
    ["github_pat_", "11AAAAAAA0abcdefghijklm"],
    ["sk-", "proj-abcdefghijklmnop"],
    ["AKIA", "ABCDEFGHIJKLMNOP"],
    ["xoxb-", "1234-5678-abcdef"],
    ["eyJ", "hbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc-def"],
    ["postgres://user:", "hunter2@db.example/x"],
    ["-----BEGIN RSA PRIVATE ", "KEY-----\nabc"],
  ])("is known by its shape %s…", (start, rest) => {
    expect(credentialSign("X", start + rest)?.certainty).toBe("likely");
  });

  test("may be one where it is random", () => {
    expect(credentialSign("X", "q7Zp0Lx2Vb9Kd4Rt6Ny8Ws1M")?.certainty).toBe("possible");
    expect(credentialSign("X", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b")?.certainty).toBe("possible");
  });

  test.each([
    "https://example.com/some/long/path?with=query",
    "/usr/local/share/Some/Very1/Long/Path",
    "550e8400-e29b-41d4-a716-446655440000",
    "eu-central-1",
    "The quick brown fox jumps over 13 lazy dogs",
    "aaaaaaaaaaaaaaaaaaaaaaaa1A",
    "true",
    "",
  ])("is not: %j", (value) => {
    expect(credentialSign("X", value)).toBeNull();
  });

  test("is offered to be sealed only where it could be stored", () => {
    expect(credentialSign("GH_TOKEN", "abc")).toBeNull();
    expect(canBeSealed("😀😀😀")).toBe(false);
    expect(canBeSealed("😀😀😀😀")).toBe(true);
  });
});

describe("the key that is suggested for its secret", () => {
  test.each([
    ["GH_TOKEN", "gh-token"],
    ["__A__B__", "a-b"],
    ["___", "secret"],
    ["", "secret"],
  ])("of %j is %s", (key, suggested) => {
    expect(secretKeyFor(key)).toBe(suggested);
  });

  test("is lower case with single dashes between, at most 64 characters, whatever the key", () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 200 }), (key) => {
        expect(secretKeyFor(key)).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
        expect(secretKeyFor(key).length).toBeLessThanOrEqual(64);
      }),
    );
  });
});
