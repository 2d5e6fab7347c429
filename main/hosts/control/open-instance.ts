import { setTimeout as delay } from "node:timers/promises";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { findOwner } from "../../instance/lock.ts";
import type { ControlPlane, OpenControlPlane, OpenOptions } from "../../control-plane-port.ts";
import { createPipeToken } from "./pipe-token.ts";
import { rpcServer } from "./rpc.ts";
import { listenForControl } from "./server.ts";
import type { ControlServer } from "./server.ts";

/** How often an instance that is held for one command is tried again. */
const RETRY_MS = 200;

/** An instance that this process owns, with its control socket served. */
export interface OpenInstance {
  readonly plane: ControlPlane;
  readonly control: ControlServer;
  /** Turns newcomers away, stops everything that was started and gives the instance back. */
  close(): Promise<void>;
}

type InstanceChoice = Omit<OpenOptions, "onOwned">;

/** Takes and opens the instance and serves its control socket, or refuses with `instance_owned` where another has it. */
export async function openInstance(open: OpenControlPlane, options: InstanceChoice): Promise<OpenInstance> {
  const listening: { control?: ControlServer } = {};
  const plane = await open({
    ...options,
    onOwned: async (socketPath) => {
      const token = await createPipeToken(options.paths, process.platform);
      const control = await listenForControl({ socketPath, token });
      listening.control = control;
      return control.close;
    },
  });
  const { control } = listening;
  if (!control) throw new Error("the instance was opened without its control socket");
  const serve = rpcServer(plane.router, plane.reportUnexpected);
  control.accept((socket) => serve(socket, "control"));
  return {
    plane,
    control,
    close: async () => {
      control.refuseNewcomers();
      await plane.close();
    },
  };
}

/**
 * Opens the instance for long: for the window or for `serve`. While one command holds it, it is waited for, and
 * `onWaiting` hears of it once; another lasting owner is refused.
 */
export async function openWhenFree(
  open: OpenControlPlane,
  options: InstanceChoice,
  waiting: { readonly signal: AbortSignal; onWaiting(): void },
): Promise<OpenInstance> {
  let told = false;
  for (;;) {
    try {
      return await openInstance(open, options);
    } catch (error) {
      if (asRefusal(error)?.code !== "instance_owned") throw error;
      const owner = await findOwner(options.paths);
      if (owner.state === "live" && owner.kind !== "command") throw alreadyOpen(owner.kind, owner.pid, error);
      if (owner.state === "unjudgeable") throw error;
    }
    if (!told) waiting.onWaiting();
    told = true;
    await delay(RETRY_MS, undefined, { signal: waiting.signal });
  }
}

function alreadyOpen(kind: string, pid: number, cause: unknown): Refusal {
  const what = kind === "window" ? "the app" : "`paperclip-desktop serve`";
  return new Refusal(
    "instance_owned",
    `The instance is open already: ${what} runs as process ${pid}.`,
    { next: "Use `paperclip-desktop open` for a link to its panel, or end it with `paperclip-desktop stop`." },
    cause,
  );
}
