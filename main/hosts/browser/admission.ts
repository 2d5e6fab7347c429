import { createHash } from "node:crypto";
import type { Clock } from "../../instance/clock.ts";
import { randomToken, sameToken } from "../control/token.ts";

/** How long a link is good. */
const LINK_MS = 10 * 60 * 1_000;
/** Links and sessions at most; the oldest makes room. */
const [MOST_LINKS, MOST_SESSIONS] = [20, 50];

/**
 * What a browser is let in by. It sends a cookie to every port of this machine, where somebody else may listen; the key is
 * kept by the pages of this port alone. Only both together open the panel.
 */
export interface Session {
  readonly cookie: string;
  readonly key: string;
}

/** Who may enter: links that are good once, and the sessions they were exchanged for. Only digests are kept. */
export interface Admission {
  /** A new token for a link, good once and for ten minutes. */
  createLink(): string;
  /** A session for a token, or null where it is unknown, used or too old. A token is used up by the attempt. */
  exchange(token: string): Session | null;
  isSession(session: Session): boolean;
  /** Whether a cookie is one of a session: enough for what needs a ticket as well. */
  isCookie(cookie: string): boolean;
}

export function createAdmission(clock: Clock): Admission {
  let links: { readonly digest: string; readonly until: number }[] = [];
  let sessions: Session[] = [];
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
      const session = { cookie: randomToken(), key: randomToken() };
      sessions = [...sessions, digestsOf(session)].slice(-MOST_SESSIONS);
      return session;
    },
    isSession: (session) => {
      const { cookie, key } = digestsOf(session);
      return sessions.filter((known) => sameToken(known.cookie, cookie) && sameToken(known.key, key)).length > 0;
    },
    isCookie: (cookie) => {
      const digest = digestOf(cookie);
      return sessions.filter((known) => sameToken(known.cookie, digest)).length > 0;
    },
  };
}

function digestsOf({ cookie, key }: Session): Session {
  return { cookie: digestOf(cookie), key: digestOf(key) };
}

function digestOf(token: string): string {
  return createHash("sha256").update(token).digest("hex");
}
