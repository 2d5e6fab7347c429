import net from "node:net";
import tls from "node:tls";
import type { AgentTest } from "../../../preload/contract/work.ts";
import { asRefusal } from "../../contract/refusal.ts";
import type { RequestPlan, TestSurroundings } from "./adapter.ts";
import { connectionProblem, endpointOf } from "./connection-problem.ts";
import { missingVariables } from "./fill-request.ts";

type Check = AgentTest["checks"][number];

/** How long a service may take to accept a connection. */
const CONNECT_MS = 10_000;

/**
 * The checks of an adapter that sends requests: its configuration is valid, its variables are there, and the service accepts
 * a connection and, for https, proves who it is. Nothing is sent over that connection.
 */
export async function checkService(plan: () => RequestPlan, surroundings: TestSurroundings): Promise<AgentTest> {
  const checks: Check[] = [];
  try {
    const wanted = plan();
    checks.push({
      name: "configuration",
      ok: true,
      message: `The configuration fits the http adapter: ${wanted.method} ${wanted.url}`,
      next: null,
    });
    checks.push(...checkVariables(wanted, [...Object.keys(surroundings.env), ...surroundings.secretNames]));
    checks.push(await checkConnection(new URL(wanted.url)));
  } catch (error) {
    const refusal = asRefusal(error);
    if (!refusal) throw error;
    checks.push({ name: "configuration", ok: false, message: refusal.message, next: refusal.data.next ?? null });
  }
  return { ok: checks.every((check) => check.ok), checks };
}

/** A variable that the agent does not have may come from a project or a routine: that is said, and no fault. */
function checkVariables(plan: RequestPlan, names: readonly string[]): Check[] {
  const missing = missingVariables(plan, names);
  const all = missingVariables(plan, []);
  if (all.length === 0) return [];
  const message =
    missing.length === 0
      ? `It is filled from ${all.join(", ")}.`
      : `${missing.join(", ")} ${missing.length === 1 ? "is" : "are"} not set by the agent: a project or routine has to.`;
  return [{ name: "variables", ok: true, message, next: null }];
}

function checkConnection(url: URL): Promise<Check> {
  const name = "connection";
  const isSecure = url.protocol === "https:";
  const { host, port, shown } = endpointOf(url);
  return new Promise((resolve) => {
    const options = { host, port, timeout: CONNECT_MS };
    const socket = isSecure
      ? tls.connect({ ...options, rejectUnauthorized: true, ...(net.isIP(host) === 0 ? { servername: host } : {}) })
      : net.connect(options);
    const settle = (check: Check) => {
      socket.destroy();
      resolve(check);
    };
    socket.once(isSecure ? "secureConnect" : "connect", () => {
      const proof = isSecure ? ", and its certificate is valid" : "";
      settle({ name, ok: true, message: `${shown} accepts connections${proof}. Nothing was sent.`, next: null });
    });
    socket.once("timeout", () =>
      settle({
        name,
        ok: false,
        message: `${shown} did not answer within ${CONNECT_MS / 1_000} seconds.`,
        next: "Check that the service runs, and that no firewall is in the way.",
      }),
    );
    socket.once("error", (error) => {
      const { message, next } = connectionProblem(error, url);
      settle({ name, ok: false, message, next });
    });
  });
}
