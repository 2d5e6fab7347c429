import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { BETWEEN_PIECES, TOKEN_SHAPES, WHOLE_SHAPES } from "../../../../preload/rules/credential-shapes.ts";
import {
  isSensitiveName,
  judgePlainValue,
  secretKeyFor,
  whyNotSealable,
} from "../../../../preload/rules/credentials.ts";

const letters = "abcdefghijklmnopqrstuv0123456789ABCDEFGH";
const hex = "0123456789abcdef".repeat(8);

describe("a name", () => {
  test.each(
    [
      "TOKEN GH_TOKEN gh_token SLACK_BOT_TOKEN TOKEN_2 GITHUB_PAT API_KEY OPENAI_APIKEY API_KEY_PROD KEY_KEY ENCRYPTION_KEY",
      "AWS_SECRET_ACCESS_KEY MY_SECRET_ID CLIENT_SECRET SECRETS DB_PASSWORD PASSWORDS PGPASSWORD DB_PASSWD PASSPHRASE",
      "DB_PASS MYSQL_PWD GOOGLE_APPLICATION_CREDENTIALS CREDENTIAL NPM_CREDS AUTHORIZATION SESSION_COOKIE COOKIE JWT",
      "USER_JWT BEARER BEARER_TOKEN CONNECTION_STRING DATABASE_CONNECTIONSTRING PRIVATE_KEY SSH_PRIVATE_KEY_PEM AUTH_TOKEN",
      "ACCESS_TOKEN_VALUE SEED_PHRASE SECRET_KEY_BASE",
    ]
      .join(" ")
      .split(" "),
  )("of a credential: %s", (name) => {
    expect(isSensitiveName(name)).toBe(true);
    expect(judgePlainValue(name, "abcd")?.verdict).toBe("refuse");
    expect(judgePlainValue(name, "x")?.verdict).toBe("refuse");
  });

  test.each(
    [
      "TOKENIZER TOKENIZERS_PARALLELISM TOKENS_PER_MINUTE MAX_TOKENS KEY KEYBOARD MONKEY KEY_ID AWS_ACCESS_KEY_ID KEYCLOAK_URL",
      "SSH_PUBLIC_KEY PUBLIC_KEY GPG_KEY_ID API_KEY_HEADER PWD OLDPWD COMPASS BYPASS SSH_AUTH_SOCK AUTHOR AUTH_MODE SECRETARY",
      "DB_PASSWORD_FILE TOKEN_PATH SECRET_DIR COOKIE_DOMAIN JWT_ISSUER JWT_EXPIRES_IN ACCESS_TOKEN_URL LOG_LEVEL PATH HOME",
    ]
      .join(" ")
      .split(" ")
      .concat(""),
  )("of no credential: %s", (name) => {
    expect(isSensitiveName(name)).toBe(false);
    expect(judgePlainValue(name, "debug")).toBeNull();
  });

  test.each([
    ["GH_TOKEN", ""],
    ["GH_TOKEN", "  "],
    ["GH_TOKEN", "<your token>"],
    ["GH_TOKEN", "${GH_TOKEN}"],
    ["GH_TOKEN", "{{ token }}"],
    ["DB_PASSWORD", "changeme"],
    ["DB_PASSWORD", "/run/secrets/db_password"],
    ["GOOGLE_APPLICATION_CREDENTIALS", "~/keys/gcloud.json"],
    ["GOOGLE_APPLICATION_CREDENTIALS", "C:\\Users\\me\\key.json"],
    ["ALLOW_EMPTY_PASSWORD", "yes"],
    ["PASSWORD_MIN_LENGTH", "12"],
    ["SECRET_TTL", "3600s"],
  ])("of a credential stands with what is none: %s=%s", (name, value) => {
    expect(judgePlainValue(name, value)).toBeNull();
  });

  test("does not excuse a path that is random itself", () => {
    expect(judgePlainValue("AWS_SECRET_ACCESS_KEY", "/wJalrXUtnFEMI/K7MDENG9bPxRfiCYEXAMPLE2KEY")?.verdict).toBe(
      "refuse",
    );
  });
});

describe("a value", () => {
  // Put together here, so that no scanner takes this file for a leak.
  test.each([
    ["gh", "p_", letters],
    ["gh", "o_", letters],
    ["gh", "s_", letters],
    ["github", "_pat_", "11AAAAAAA0abcdefghijklm"],
    ["gl", "pat-", "abcDEF123456_-abcdef"],
    ["xo", "xb-", "1234-5678-abcdef"],
    ["s", "k-", "proj-abcdefghijklmnop"],
    ["s", "k-ant-", "api03-abcdefghijklmnop"],
    ["AK", "IA", "ABCDEFGHIJKLMNOP"],
    ["AS", "IA", "ABCDEFGHIJKLMNOP"],
    ["AK", "IA", `ABCDEFGHIJKLMNOP:${letters}`],
    ["AI", "za", "SyA-abcdefghijklmnopqrstuvwxyz01234"],
    ["sk", "_live_", "abcdefghij0123456789"],
    ["rk", "_live_", "abcdefghij0123456789"],
    ["npm", "_", letters],
    ["pypi", "-", `AgEIcHlwaS5vcmc${letters}`],
    ["S", "G.", "abcdefghijklmnop_-.abcdefghijklmnop_-"],
    ["S", "K", hex.slice(0, 32)],
    ["ey", "J", "hbGciOiJIUzI1.eyJzdWIiOiIxMjM0.abc-def"],
    ["12345678", "9:", "AAabcdefghijklmnopqrstuvwxyz-_01234"],
    ["M", "T", "k4NjIyNDgzNDcxOTI1MjQ4.Cl2FMQ.ZnCjm1XVW7vRze4b7Cq4se7kKWs"],
    ["h", "f_", letters],
    ["dop", "_v1_", hex.slice(0, 64)],
    ["lin", "_api_", letters],
    ["AGE-SECRET", "-KEY-1", "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7LQPZRY9X8GF2TVDW0S3JN54KHCE"],
    ["-----BEGIN RSA ", "PRIVATE KEY-----", "\nabc"],
    ["-----BEGIN ", "PRIVATE KEY-----", "\nabc"],
    ["https://hooks.slack", ".com/services/", "T00000000/B00000000/abcdefghijklmnop"],
    ["Bearer ", "abcdefgh", "12345"],
    ["post", "gres://user:", "hunter2@db.example/x"],
    ["postgres://u:p", "@", "host.example"],
    ["redis://:", "pass@", "cache:6379/0"],
    ["jdbc:postgresql://db/x?user=a&pass", "word=", "hunter2"],
    ["Server=db;User=a;Pass", "word=", "hunter2;"],
    ["AccountName=a;Account", "Key=", "abc123==;"],
  ])("of a known shape: %s%s…", (start, middle, rest) => {
    const value = start + middle + rest;
    for (const text of [value, ` ${value}\n`]) {
      const sign = judgePlainValue("X", text);
      expect(sign?.verdict).toBe("refuse");
      expect(sign?.why).not.toContain(rest);
    }
  });

  test("of a known shape within another text", () => {
    const token = `gh${"p_"}${letters}`;
    for (const value of [
      `https://x-access-token:${token}@github.com/a/b`,
      `{"token":"${token}"}`,
      `-H "Authorization: token ${token}"`,
      `A=1;T=${token}`,
    ]) {
      expect(judgePlainValue("X", value)?.verdict).toBe("refuse");
    }
  });

  test("may be one where it is random", () => {
    expect(judgePlainValue("X", "q7Zp0Lx2Vb9Kd4Rt6Ny8Ws1M")?.verdict).toBe("warn");
    expect(judgePlainValue("X", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY")?.verdict).toBe("warn");
    expect(judgePlainValue("X", "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08")?.verdict).toBe(
      "warn",
    );
  });

  test.each([
    "https://example.com/some/long/path?with=query",
    "https://host/path",
    "http://host:8080/x@y",
    "postgres://host/db",
    "postgres://user@host:5432/db",
    "postgres://user:${PASSWORD}@host/db",
    "/usr/local/share/Some/Very1/Long/Path",
    "550e8400-e29b-41d4-a716-446655440000",
    "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b",
    "eu-central-1",
    "claude-3-5-Sonnet-20241022-v2",
    "com.example.VeryLongNameOfAClass2",
    "Node-v20.19.43-Linux-x64",
    "2026-03-08T07:00:00.000Z",
    "20260308070000000000000",
    "me@example.com",
    "registry.example.com/Team/App:v1.2.3",
    "The quick brown fox jumps over 13 lazy dogs",
    "aaaaaaaaaaaaaaaaaaaaaaaa1A",
    "password=",
    "the password is not here",
    "true",
    "",
  ])("that is no credential: %j", (value) => {
    expect(judgePlainValue("X", value)).toBeNull();
  });

  test("of a checksum is random and no credential", () => {
    expect(judgePlainValue("IMAGE_DIGEST", hex.slice(0, 64))).toBeNull();
    expect(judgePlainValue("SHA256", hex.slice(0, 64))).toBeNull();
  });

  test("of any text is judged, and the reason never holds it", () => {
    fc.assert(
      fc.property(fc.string(), fc.string({ minLength: 6 }), (key, value) => {
        expect(judgePlainValue(key, value)?.why ?? "").not.toContain(value);
      }),
    );
  });

  // A pattern that takes quadratic time would need minutes for one of these, and the test would be ended.
  test("of a quarter of a mebibyte that almost fits is judged all the same", () => {
    const starts = [
      "",
      "://",
      "://a:",
      "a:",
      "password=",
      "eyJ",
      "SG.a",
      "-----BEGIN ",
      "${",
      "<",
      "/",
      "sk-",
      "your-",
      " ",
    ];
    const fills = [
      "a",
      "A1",
      "://",
      ":/",
      "@",
      ".",
      "=",
      ";password",
      "-----BEGIN ",
      "0",
      "_",
      "/a",
      " ",
      "eyJ.",
      "$",
      "\n",
    ];
    for (const start of starts) {
      for (const fill of fills) {
        const value = `${start}${fill.repeat(Math.ceil(2 ** 18 / fill.length))}!`;
        judgePlainValue("X", value);
        judgePlainValue("X", value.slice(0, -1));
        for (const [pattern] of [...TOKEN_SHAPES, ...WHOLE_SHAPES]) pattern.test(value);
      }
    }
    isSensitiveName("A_1".repeat(90_000));
  });

  test("is found by its shape only where its piece stands alone", () => {
    for (const [pattern] of TOKEN_SHAPES) {
      expect(pattern.source).toMatch(/^\^.*\$$/);
      expect(BETWEEN_PIECES.test(pattern.source.replaceAll(/\\.|\(\?:|[()[\]|{},?+]/g, ""))).toBe(false);
    }
  });

  test("can be sealed where the vault takes it", () => {
    expect(whyNotSealable("abc")).toMatch(/fewer than 4/);
    expect(whyNotSealable("😀😀😀")).toMatch(/fewer than 4/);
    expect(whyNotSealable("😀😀😀😀")).toBeNull();
    expect(whyNotSealable("x".repeat(65_536))).toBeNull();
    expect(whyNotSealable("x".repeat(65_537))).toMatch(/64 KiB/);
    expect(whyNotSealable("abcd\0")).toMatch(/NUL/);
    expect(whyNotSealable("abcd\uD800")).toMatch(/Unicode/);
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
