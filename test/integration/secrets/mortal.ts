import type pg from "pg";
import { type Database, connect } from "../../../main/database/database.ts";
import type { KeyPlace } from "../../../main/secrets/key-place.ts";
import type { TestDatabase } from "../../fixtures/database.ts";

class Killed extends Error {
  override readonly name = "Killed";
}

/** A process that dies at a step of its own: what it asked for before it died is done, and nothing after. */
export interface Mortal {
  readonly database: Database;
  place(place: KeyPlace): KeyPlace;
  /** From here on steps are counted, and before or after the given one this process is dead. */
  dieAt(step: number, moment: "before" | "after"): void;
  /** How many steps were counted, and of what kind each was. */
  steps(): readonly string[];
}

/** A step is a statement that is sent to the database, or a call of what keeps the key. */
export function mortal({ options }: TestDatabase): Mortal {
  const database = connect(options, () => undefined);
  const clients = new Set<pg.PoolClient>();
  const steps: string[] = [];
  let deadline: { step: number; moment: "before" | "after" } | null = null;
  let dead = false;

  async function step<T>(name: string, work: () => Promise<T>): Promise<T> {
    if (dead) throw new Killed(name);
    if (deadline === null) return work();
    const number = steps.push(name) - 1;
    if (number === deadline.step && deadline.moment === "before") return die(name);
    const answer = await work();
    return number === deadline.step ? die(name) : answer;
  }
  function die(name: string): never {
    dead = true;
    // As when a process ends: the server finds its connections gone, and rolls back what was not committed.
    for (const client of clients) (client as unknown as { connection: pg.Connection }).connection.stream.destroy();
    throw new Killed(name);
  }

  function countStatements(target: { query: unknown }): void {
    const query = (target.query as (...input: unknown[]) => Promise<unknown>).bind(target);
    target.query = (...input: unknown[]) => {
      // A pool passes its statements on by call back; they were counted there.
      if (typeof input.at(-1) === "function") return query(...input);
      const [first] = input;
      const text = typeof first === "string" ? first : ((first as { text?: string } | null)?.text ?? "");
      return step(text.trim().slice(0, 40), () => query(...input));
    };
  }
  countStatements(database.pool);
  database.pool.on("connect", (client) => {
    clients.add(client);
    countStatements(client);
  });

  return {
    database,
    place: (place) => ({
      ...place,
      read: () => step("place.read", place.read),
      create: () => step("place.create", place.create),
      readNext: () => step("place.readNext", place.readNext),
      writeNext: (key) => step("place.writeNext", () => place.writeNext(key)),
      promoteNext: () => step("place.promoteNext", place.promoteNext),
      discardNext: () => step("place.discardNext", place.discardNext),
      put: (key, now) => step("place.put", () => place.put(key, now)),
      readAside: () => step("place.readAside", place.readAside),
      discardAside: (name) => step("place.discardAside", () => place.discardAside(name)),
    }),
    dieAt: (number, moment) => {
      deadline = { step: number, moment };
    },
    steps: () => steps,
  };
}
