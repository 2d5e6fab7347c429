import { createHash } from "node:crypto";
import type { Clock } from "../../instance/clock.ts";
import { randomToken, sameToken } from "../control/token.ts";

/** How long a link is good. */
const LINK_MS = 10 * 60 * 1_000;
/** Links and sessions at most; the oldest makes room. */
const [MOST_LINKS, MOST_SESSIONS] = [20, 50];

/** Who may enter: links that are good once, and the sessions they were exchanged for. Only digests are kept. */
export interface Admission {
  /** A new token for a link, good once and for ten minutes. */
  createLink(): string;
  /** A session for a token, or null where it is unknown, used or too old. A token is used up by the attempt. */
  exchange(token: string): string | null;
  isSession(session: string): boolean;
}

export function createAdmission(clock: Clock): Admission {
  let links: { readonly digest: string; readonly until: number }[] = [];
  let sessions: string[] = [];
  return {
    createLink: () => {
      const token = randomToken();
      links = [...links, { digest: digestOf(token), until: clock.monotonicMs() + LINK_MS }].slice(-MOST_LINKS);
      return token;
    },
    exchange: (token) => {
      const digest = digestOf(token);
      const found = links.filter((link) => sameToken(link.digest, digest));
      links = links.filter((link) => !found.includes(link));
      if (!found.some((link) => clock.monotonicMs() < link.until)) return null;
      const session = randomToken();
      sessions = [...sessions, digestOf(session)].slice(-MOST_SESSIONS);
      return session;
    },
    isSession: (session) => {
      const digest = digestOf(session);
      return sessions.filter((known) => sameToken(known, digest)).length > 0;
    },
  };
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
