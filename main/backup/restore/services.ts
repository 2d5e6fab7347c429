import type { KeptAside } from "../../../preload/contract/restore.ts";
import type { ConnectionOptions, Database } from "../../database/database.ts";
import type { ScratchOptions } from "../../database/embedded/scratch.ts";
import type { MigrationFile } from "../../database/migration-files.ts";
import type { Refusal } from "../../contract/refusal.ts";
import type { Clock } from "../../instance/clock.ts";
import type { Log } from "../../instance/log.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import type { KeyRing } from "../../secrets/key-ring.ts";
import type { RestorePlaces } from "./places.ts";

/** The instance in use, as a restore sees it. */
export interface Live {
  readonly database: Database;
  readonly session: ConnectionOptions;
  /** What keeps it from being closed now, or null. */
  busy(): Refusal | null;
  /** Whether its secrets stay closed, because its key is not where it is looked for. */
  isLocked(): boolean;
  /** Where its opening has put what made way for what came with a server's rows. */
  readonly keptAside: readonly KeptAside[];
}

/** What a restore does with the rest of the instance while it goes on. */
export interface Stage {
  /** Null where it could not be opened, such as with a damaged database. */
  live(): Live | null;
  /** Why it could not be opened, or null. */
  whyClosed(): unknown;
  /** Keys that are at hand here. */
  ring(): Promise<KeyRing>;
  open(how: { readonly readOnly: boolean }): Promise<unknown>;
  /** Whoever calls meanwhile waits, or is refused where there is a reason. */
  close(why?: Refusal): Promise<void>;
}

export interface RestoreServices {
  readonly paths: InstancePaths;
  readonly places: RestorePlaces;
  readonly mode: "embedded" | "postgres";
  readonly migrations: readonly MigrationFile[];
  readonly stage: Stage;
  readonly clock: Clock;
  readonly log: Log;
  readonly processEnv: NodeJS.ProcessEnv;
  readonly embedded?: ScratchOptions["embedded"];
  /** Told when something begins, goes into another phase, or ends. */
  readonly changed: () => void;
}
