import { createORPCClient } from "@orpc/client";
import { getEventIteratorSchemaDetails } from "@orpc/contract";
import type { AnySchema } from "@orpc/contract";
import { contract } from "../../preload/contract/contract.ts";
import { ConnectionLost } from "../data/transport.ts";
import type { Client, Connection, ConnectionState } from "../data/transport.ts";
import { pending, Refused } from "./answers.ts";
import type { Answers } from "./answers.ts";

/** A control plane that says what a story wants, and the connection to it. */
export interface World {
  readonly connection: Connection;
  /** Changes how the connection is, as a host that goes away does. */
  become(state: ConnectionState): void;
  /** What the story does wrong: calls without an answer, and answers or questions that the contract does not know. */
  readonly complaints: readonly string[];
  /** Calls that are under way and will end. */
  underWay(): number;
}

interface Procedure {
  readonly "~orpc": { readonly inputSchema?: AnySchema; readonly outputSchema?: AnySchema };
}

export function createWorld(answers: Answers, first: ConnectionState): World {
  let state = first;
  let calls = 0;
  const complaints: string[] = [];
  const listeners = new Set<() => void>();

  const complain = (text: string): Error => {
    complaints.push(text);
    const error = new Error(`This story is not whole: ${text}`);
    // It is heard even where a screen shows the failure as its own.
    reportError(error);
    return error;
  };

  const call = async (path: readonly string[], input: unknown, signal: AbortSignal | undefined): Promise<unknown> => {
    const name = path.join(".");
    if (state.kind !== "open") throw new ConnectionLost();
    const { inputSchema, outputSchema } = procedureAt(path)["~orpc"];
    const events = getEventIteratorSchemaDetails(outputSchema)?.yields;
    const answer = (answers as Readonly<Record<string, unknown>>)[name];
    if (answer === undefined) {
      if (events) return stream([], signal);
      throw complain(`${name} is asked and has no answer. Give one: answers: { "${name}": … }`);
    }
    const wrongInput = await issueOf(inputSchema, input);
    const given: unknown = typeof answer === "function" ? await answer(input) : answer;
    if (given instanceof Refused) throw given.error;
    if (given === pending) return pending;
    if (wrongInput !== null) throw complain(`${name} is asked with what the contract refuses: ${wrongInput}`);
    for (const value of events ? (given as readonly unknown[]) : [given]) {
      const wrong = await issueOf(events ?? outputSchema, value);
      if (wrong !== null) throw complain(`${name} is answered with what the contract does not allow: ${wrong}`);
    }
    return events ? stream(given as readonly unknown[], signal) : given;
  };

  const client: Client = createORPCClient({
    call: async (path, input, { signal }) => {
      calls += 1;
      const given = await call(path, input, signal).finally(() => (calls -= 1));
      return given === pending ? forever(signal) : given;
    },
  });
  return {
    connection: {
      client,
      state: () => state,
      subscribe: (listener) => {
        listeners.add(listener);
        return () => void listeners.delete(listener);
      },
      retry: () => {},
      renew: () => {},
    },
    become: (next) => {
      state = next;
      for (const listener of listeners) listener();
    },
    complaints,
    underWay: () => calls,
  };
}

function procedureAt(path: readonly string[]): Procedure {
  let found: unknown = contract;
  for (const part of path) found = (found as Readonly<Record<string, unknown>> | undefined)?.[part];
  if (found === undefined) throw new Error(`the contract has no procedure ${path.join(".")}`);
  return found as Procedure;
}

/** The first thing that a schema finds wrong, with its place, or null. */
async function issueOf(schema: AnySchema | undefined, value: unknown): Promise<string | null> {
  const result = await schema?.["~standard"].validate(value);
  const issue = result?.issues?.[0];
  if (issue === undefined) return null;
  const place = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
  return `${place === "" ? "" : `${place}: `}${issue.message}`;
}

/** The events, and then silence until the listener goes. */
async function* stream(events: readonly unknown[], signal: AbortSignal | undefined): AsyncGenerator<unknown> {
  yield* events;
  await forever(signal);
}

function forever(signal: AbortSignal | undefined): Promise<never> {
  return new Promise((_, reject) => {
    const end = () => reject(new DOMException("The call was ended.", "AbortError"));
    if (signal?.aborted) end();
    else signal?.addEventListener("abort", end);
  });
}
