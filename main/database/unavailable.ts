import pg from "pg";
import { errorText, Refusal, systemCode } from "../contract/refusal.ts";
import type { ConnectionOptions } from "./database.ts";

/**
 * A refusal that says in the driver's or the server's own words why there is no connection. No URL is ever in it; `source`
 * names where it came from.
 */
export function unavailable(error: unknown, source = "DATABASE_URL or the settings"): Refusal {
  const problem = connectionProblem(error);
  return new Refusal(
    "database_unavailable",
    `The database cannot be reached: ${problem}.`,
    {
      next: wayOut(systemCode(error) ?? "", problem, source),
    },
    error,
  );
}

/** Codes of a certificate that nobody known has signed. */
const UNKNOWN_AUTHORITY = new Set([
  "DEPTH_ZERO_SELF_SIGNED_CERT",
  "SELF_SIGNED_CERT_IN_CHAIN",
  "UNABLE_TO_GET_ISSUER_CERT_LOCALLY",
  "UNABLE_TO_VERIFY_LEAF_SIGNATURE",
]);

function wayOut(code: string, problem: string, source: string): string {
  if (problem.endsWith("no encryption")) return `Add sslmode=verify-full to ${source}: the server may want TLS.`;
  if (UNKNOWN_AUTHORITY.has(code))
    return `Add sslrootcert=FILE to ${source}: the certificate that signed the server's.`;
  if (code.startsWith("ERR_TLS_CERT")) return `Use in ${source} the name of the server that its certificate has.`;
  return `Check that the server runs, and the address, user and password in ${source}.`;
}

/** What stands between us and the server. Where a host has several addresses, one text for each. */
export function connectionProblem(error: unknown): string {
  if (error instanceof AggregateError) {
    return [...new Set(error.errors.map((each: unknown) => errorText(each)))].join("; ");
  }
  const text = errorText(error);
  // The driver's own words for it are about its inside.
  return /client password must be a string/.test(text)
    ? "the server asks for a password, and there is none in the URL"
    : text;
}

/**
 * The connection that a URL means. Refuses with `config_invalid` where it cannot be read, naming only where it came
 * from: the text may hold a password.
 */
export function connectionFromUrl(name: string, url: string): ConnectionOptions {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error("another scheme");
    const connectionString = verified(url);
    // The driver reads the URL here already, with the files that it names; nothing is sent.
    void new pg.Client({ connectionString });
    return { connectionString };
  } catch (error) {
    const file = missingFile(error);
    if (file !== null) {
      throw new Refusal("config_invalid", `${name} names the file ${file}, which cannot be read.`, {
        next: "Correct sslrootcert, sslcert or sslkey in it.",
        fields: { [name]: "names a file that cannot be read" },
      });
    }
    throw new Refusal("config_invalid", `${name} is not a usable PostgreSQL URL. Its text is not shown.`, {
      next: "Write it as postgres://user:password@host:5432/name, with special characters percent-encoded.",
      fields: { [name]: "is not a usable PostgreSQL URL" },
    });
  }
}

/**
 * The driver takes `require` and `verify-ca` for `verify-full` and warns on standard error that a later version will be
 * laxer. The stricter meaning stays; `no-verify` and `uselibpqcompat=true` are there for who wants less.
 */
function verified(url: string): string {
  if (url.includes("uselibpqcompat=true")) return url;
  return url.replace(/([?&]sslmode=)(prefer|require|verify-ca)(?=&|$)/, "$1verify-full");
}

/** The file that a URL names and that cannot be read, or null where the error is another one. */
function missingFile(error: unknown): string | null {
  const isFile = error instanceof Error && "syscall" in error && "path" in error && typeof error.path === "string";
  return isFile ? String(error.path) : null;
}
