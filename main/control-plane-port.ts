import type { ContractRouterClient } from "@orpc/contract";
import type { Router } from "@orpc/server";
import type { Contract } from "../preload/contract/contract.ts";
import type { CallContext } from "./contract/implementer.ts";
import type { ForkHelper } from "./instance/helper-process.ts";
import type { OwnerKind } from "./instance/lock.ts";
import type { InstancePaths } from "./instance/paths.ts";

export type { OwnerKind } from "./instance/lock.ts";

/** A client of the whole contract, in-process or over a connection; both look the same. */
export type ContractClient = ContractRouterClient<Contract>;

export type ContractRouter = Router<Contract, CallContext>;

/** The running instance as the ways in see it. */
export interface ControlPlane {
  readonly router: ContractRouter;
  /** Calls the router within this process, with the same checks as over a connection. */
  readonly client: ContractClient;
  readonly reportUnexpected: CallContext["reportUnexpected"];
  /** Resolves when no run that this process accepted is queued, running or waiting for a retry. */
  idle(): Promise<void>;
  /** Stops everything that this process started and gives the instance back. Safe to call twice. */
  close(): Promise<void>;
  /** Resolves once the instance is given back, whoever asked for it. */
  readonly closed: Promise<void>;
  /** From now on `system.link` answers with what this makes; before that it is refused as not available. */
  setLinkMaker(make: () => string): void;
  /** Calls back when a client asked this process to stop (`system.stop`). */
  onStopRequested(listener: () => void): void;
}

export interface OpenOptions {
  readonly paths: InstancePaths;
  /** The window, the browser host, or one command that found no owner. */
  readonly kind: OwnerKind;
  /** Sensitive names are taken out of it once they were read. */
  readonly processEnv: NodeJS.ProcessEnv;
  readonly version: string;
  /** How a helper process is started; a fork of Node where it is left out. */
  readonly forkHelper?: ForkHelper;
  /**
   * Opens it although its database cannot be opened, such as a damaged one: then a restore can be done, and every other call
   * is refused with what is wrong.
   */
  readonly rescue?: boolean;
  /** Hears of long steps, such as the first start of the database. */
  onProgress?(text: string): void;
  /**
   * Called once the instance is owned and before its database is opened, so that the control socket answers from the
   * first moment; an error in it gives the instance back. Its answer closes the socket and is called right before the
   * instance is given back, also after a failed opening: the next owner listens at the same place.
   */
  onOwned(socketPath: string): Promise<() => Promise<void>>;
}

/** Takes the instance and opens it, or refuses (`instance_owned` where another process has it). */
export type OpenControlPlane = (options: OpenOptions) => Promise<ControlPlane>;
