import { type AnyContractRouter, getEventIteratorSchemaDetails, isContractProcedure } from "@orpc/contract";
import { call, isProcedure, Procedure } from "@orpc/server";
import { contract } from "../preload/contract/contract.ts";
import { errorMap } from "../preload/contract/errors.ts";
import { implementer, type CallContext } from "./contract/implementer.ts";
import type { ContractRouter } from "./control-plane-port.ts";

/** What answers calls at present. */
export interface Answering {
  readonly router: ContractRouter;
  /** Aborted when it stops answering: streams that it has begun end then. */
  readonly leaving: AbortSignal;
}

/** Streams that outlive what answers calls: they tell that it changed. */
const LASTING = new Set(["system.changes"]);

/**
 * A router for the whole contract that hands each call to whatever answers when it comes. Connections keep it for as long as
 * they last, while what is behind it is closed and opened again. `current` waits, or refuses, while nothing answers; areas
 * in `own` are answered without it. Input and output are checked by the procedure that answers, once.
 */
export function lateRouter(current: () => Promise<Answering>, own: Partial<ContractRouter>): ContractRouter {
  // The border is the same for all: what is thrown while nothing answers becomes an error of the contract too.
  const border = implementer.system.stop["~orpc"].middlewares;
  const built = (part: AnyContractRouter, path: readonly string[]): unknown => {
    if (!isContractProcedure(part)) {
      return Object.fromEntries(
        Object.entries(part).map(([name, child]) => [name, built(child as AnyContractRouter, [...path, name])]),
      );
    }
    const { outputSchema, route, meta } = part["~orpc"];
    const ends = getEventIteratorSchemaDetails(outputSchema) !== undefined && !LASTING.has(path.join("."));
    return new Procedure<CallContext, CallContext, never, never, typeof errorMap, Record<never, never>>({
      errorMap,
      meta,
      route,
      middlewares: border,
      inputValidationIndex: 0,
      outputValidationIndex: 0,
      handler: async ({ input, context, signal, lastEventId }) => {
        const { router, leaving } = await current();
        // Only for streams: what is made of a signal that lasts stays in memory as long as it.
        const until = ends ? AbortSignal.any(signal ? [signal, leaving] : [leaving]) : signal;
        return call(procedureAt(router, path), input, {
          context,
          path,
          ...(until ? { signal: until } : {}),
          ...(lastEventId === undefined ? {} : { lastEventId }),
        }) as Promise<never>;
      },
    });
  };
  return { ...(built(contract, []) as ContractRouter), ...own };
}

function procedureAt(router: ContractRouter, path: readonly string[]) {
  let part: unknown = router;
  for (const name of path) part = (part as Record<string, unknown>)[name];
  if (!isProcedure(part)) throw new Error(`no procedure ${path.join(".")}`);
  return part;
}
