import pg from "pg";
import { errorText, Refusal } from "../contract/refusal.ts";
import type { ConnectionOptions } from "./database.ts";

/** A refusal that says in the driver's or the server's own words why there is no connection. No URL is ever in it. */
export function unavailable(error: unknown): Refusal {
  return new Refusal(
    "database_unavailable",
    `The database cannot be reached: ${connectionProblem(error)}.`,
    { next: "Check that the server runs, and the address, user and password in DATABASE_URL or the settings." },
    error,
  );
}

/** What stands between us and the server. Where a host has several addresses, one text for each. */
export function connectionProblem(error: unknown): string {
  if (!(error instanceof AggregateError)) return errorText(error);
  return [...new Set(error.errors.map((each: unknown) => errorText(each)))].join("; ");
}

/**
 * The connection that a URL means. Refuses with `config_invalid` where it cannot be read, naming only where it came
 * from: the text may hold a password.
 */
export function connectionFromUrl(name: string, url: string): ConnectionOptions {
  try {
    if (!/^postgres(ql)?:\/\//.test(url)) throw new Error("another scheme");
    // The driver reads the URL here already, with the files that it names; nothing is sent.
    void new pg.Client({ connectionString: url });
  } catch {
    throw new Refusal("config_invalid", `${name} is not a usable PostgreSQL URL. Its text is not shown.`, {
      next: "Write it as postgres://user:password@host:5432/name, with special characters percent-encoded.",
      fields: { [name]: "is not a usable PostgreSQL URL" },
    });
  }
  return { connectionString: url };
}
