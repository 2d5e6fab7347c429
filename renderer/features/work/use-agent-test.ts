import { useState } from "react";
import type { AgentRecord, AgentTest } from "../../../preload/contract/work.ts";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import type { Action } from "../../data/use-action.ts";

export interface TestedAgent {
  readonly test: Action<undefined, AgentTest>;
  /** What the last test found, with the state of the agent that it tested. */
  readonly outcome: { readonly result: AgentTest; readonly of: string } | null;
  /** What was tested is no longer what is there. */
  readonly isOutdated: boolean;
  begin(): void;
}

export function useAgentTest(agent: AgentRecord): TestedAgent {
  const client = useClient();
  const [outcome, setOutcome] = useState<TestedAgent["outcome"]>(null);
  const test = useAction(() => client.agents.test({ company: agent.companyId, agent: agent.id }));
  const begin = async () => {
    const result = await test.run(undefined);
    if (result !== null) setOutcome({ result, of: stateOf(agent) });
  };
  return {
    test,
    outcome,
    isOutdated: outcome !== null && outcome.of !== stateOf(agent),
    begin: () => void begin(),
  };
}

/** All of an agent that a test depends on. */
function stateOf({ adapter, adapterConfig, env, passThrough }: AgentRecord): string {
  return JSON.stringify([adapter, adapterConfig, env, passThrough]);
}
