/** Stands where a URL has no host because the query names a socket's directory; URLs with a user cannot leave it out. */
const NO_HOST = "no-host.invalid";

/** A connection string without its password. */
export function redactUrl(url: string): string {
  const parsed = new URL(url.replace("@/", `@${NO_HOST}/`));
  if (parsed.password) parsed.password = "***";
  if (parsed.searchParams.has("password")) parsed.searchParams.set("password", "***");
  return parsed.toString().replace(NO_HOST, "");
}

/** Whether it is a connection string of PostgreSQL. */
export function isPostgresUrl(text: string): boolean {
  return /^postgres(ql)?:\/\//.test(text) && URL.canParse(text.replace("@/", `@${NO_HOST}/`));
}
