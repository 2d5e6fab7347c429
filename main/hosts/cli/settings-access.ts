import { createRouterClient } from "@orpc/server";
import { readConfig } from "../../instance/config.ts";
import { settingsProcedures } from "../../instance/procedures.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import type { Invocation } from "./invocation.ts";
import { connectToRunning } from "./session.ts";

export type SettingsClient = Pick<ContractClient["settings"], "get" | "update">;

/**
 * Runs `work` with the settings: through the running owner, and otherwise on the file itself. No instance is opened for
 * them, so that a setting that keeps it from opening can be corrected.
 */
export async function withSettings<Answer>(
  { paths, signal }: Invocation,
  work: (settings: SettingsClient) => Promise<Answer>,
): Promise<Answer> {
  const connection = await connectToRunning(paths, signal);
  if (connection) return work(connection.client.settings).finally(() => connection.close());
  const procedures = settingsProcedures({ paths, running: await readConfig(paths) });
  // What is unexpected here has no log to go to; it is thrown on to the command line, which shows it.
  const reportUnexpected = (error: unknown): never => {
    throw error;
  };
  return work(createRouterClient(procedures, { context: { host: "in-process", reportUnexpected } }));
}
