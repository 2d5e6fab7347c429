import { randomToken } from "../control/token.ts";
import type { Clock } from "../../instance/clock.ts";

/** How long a ticket is good for. */
const TICKET_MS = 60_000;
/** The oldest ticket gives way: a page that asks for files and fetches none must not fill the memory. */
const MOST_TICKETS = 20;

/** Leave to fetch or send one file, once: a ticket in an address is all that a browser can be given for it. */
export interface FileTickets<Thing> {
  /** The path of the file on this host. `session` is the one that may use it. */
  issue(session: string, file: Thing): string;
  /** The file, which is spent by it; `foreign` where it is another session's, and null where it is no ticket any more. */
  take(ticket: string, session: string): Thing | "foreign" | null;
}

interface Ticket<Thing> {
  readonly session: string;
  readonly file: Thing;
  readonly until: number;
}

export const FILES = "/files/";

export function createFileTickets<Thing extends object>(clock: Clock): FileTickets<Thing> {
  const tickets = new Map<string, Ticket<Thing>>();
  return {
    issue: (session, file) => {
      const ticket = randomToken();
      tickets.set(ticket, { session, file, until: clock.monotonicMs() + TICKET_MS });
      for (const oldest of [...tickets.keys()].slice(0, -MOST_TICKETS)) tickets.delete(oldest);
      return FILES + ticket;
    },
    take: (ticket, session) => {
      const found = tickets.get(ticket);
      if (!found) return null;
      if (clock.monotonicMs() >= found.until) {
        tickets.delete(ticket);
        return null;
      }
      if (found.session !== session) return "foreign";
      tickets.delete(ticket);
      return found.file;
    },
  };
}
