import { describe, expect, test } from "vitest";
import { connectionFromUrl, connectionProblem, unavailable } from "../../../main/database/unavailable.ts";
import { refusalOf } from "../../fixtures/conditions.ts";

describe("a connection that fails", () => {
  test("says why for each address of a host", () => {
    const error = new AggregateError([new Error("refused by ::1"), new Error("refused by 127.0.0.1")], "");
    expect(connectionProblem(error)).toBe("refused by ::1; refused by 127.0.0.1");
  });

  test.each([
    [{ code: "28000", message: 'no pg_hba.conf entry for host "h", user "u", database "d", no encryption' }, "sslmode"],
    [{ code: "DEPTH_ZERO_SELF_SIGNED_CERT", message: "self-signed certificate" }, "sslrootcert"],
    [{ code: "SELF_SIGNED_CERT_IN_CHAIN", message: "self-signed certificate in certificate chain" }, "sslrootcert"],
    [{ code: "ERR_TLS_CERT_ALTNAME_INVALID", message: "Hostname/IP does not match" }, "certificate"],
    [{ code: "28P01", message: 'password authentication failed for user "u"' }, "user and password in DATABASE_URL"],
  ])("says what helps (%o)", ({ code, message }, next) => {
    const refusal = unavailable(Object.assign(new Error(message), { code }), "DATABASE_URL");
    expect(refusal.message).toContain(message);
    expect(refusal.data.next).toContain(next);
  });

  test("says that a password is missing in words of its own", () => {
    const error = new Error("SASL: SCRAM-SERVER-FIRST-MESSAGE: client password must be a string");
    expect(connectionProblem(error)).toBe("the server asks for a password, and there is none in the URL");
  });
});

describe("a URL of a database", () => {
  test.each(["postgres://u:p@h:5432/d", "postgresql://h", "postgres://u:p%40@/d?host=/run/pg"])("may be %s", (url) => {
    expect(connectionFromUrl("DATABASE_URL", url)).toEqual({ connectionString: url });
  });

  test.each([
    ["postgres://u:p%40@h/d?sslmode=require", "postgres://u:p%40@h/d?sslmode=verify-full"],
    ["postgres://u@h/d?a=b&sslmode=verify-ca&c=d", "postgres://u@h/d?a=b&sslmode=verify-full&c=d"],
    ["postgres://u@h/d?sslmode=no-verify", "postgres://u@h/d?sslmode=no-verify"],
    ["postgres://u@h/d?uselibpqcompat=true&sslmode=require", "postgres://u@h/d?uselibpqcompat=true&sslmode=require"],
  ])("that asks for TLS gets a verified one unless it says otherwise (%s)", (url, meant) => {
    expect(connectionFromUrl("DATABASE_URL", url)).toEqual({ connectionString: meant });
  });

  test("that names a file which is not there is refused with the name of the file", async () => {
    const url = "postgres://u:hunter2@h/d?sslrootcert=/nowhere/ca.crt";
    const refusal = await refusalOf(Promise.resolve().then(() => connectionFromUrl("DATABASE_URL", url)));
    expect(refusal.code).toBe("config_invalid");
    expect(refusal.message).toContain("/nowhere/ca.crt");
    expect(JSON.stringify(refusal)).not.toContain("hunter2");
  });

  test.each(["mysql://u:hunter2@h/d", "hunter2", "postgres://u:hunter2@h:x/d"])(
    "that cannot be read is refused by its name, without its text (%s)",
    async (url) => {
      const refusal = await refusalOf(Promise.resolve().then(() => connectionFromUrl("DATABASE_URL", url)));
      expect(refusal.code).toBe("config_invalid");
      expect(refusal.message).toContain("DATABASE_URL");
      expect(JSON.stringify(refusal)).not.toContain("hunter2");
    },
  );
});
