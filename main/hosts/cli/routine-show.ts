import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { secretKeysFor } from "./env-text.ts";
import type { Invocation } from "./invocation.ts";
import { routineText } from "./routine-text.ts";

/** Asks for a routine, or changes one, and shows what came of it. */
export async function showRoutine(
  invocation: Invocation,
  ask: (client: ContractClient) => Promise<RoutineRecord>,
): Promise<void> {
  const { routine, keys } = await invocation.session(async (session) => {
    const routine = await ask(session.client);
    return { routine, keys: await secretKeysFor(invocation, session, routine) };
  });
  invocation.output.answer(routine, (output) => routineText(routine, keys, output, invocation.host.clock.now()));
}
