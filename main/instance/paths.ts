import os from "node:os";
import path from "node:path";
import { Refusal } from "../contract/refusal.ts";

/** Where everything of one instance lives. All paths are absolute. */
export interface InstancePaths {
  readonly id: string;
  readonly home: string;
  readonly root: string;
  readonly config: string;
  readonly envFile: string;
  readonly lock: string;
  readonly db: string;
  readonly logs: string;
  readonly runLogs: string;
  readonly secrets: string;
  readonly masterKey: string;
  readonly backups: string;
  readonly storage: string;
  readonly workspaces: string;
}

/** The paths of an instance. `home` defaults to `PAPERCLIP_HOME` or `~/.paperclip`, `id` to `PAPERCLIP_INSTANCE_ID` or `default`. */
export function instancePaths(
  choice: { home?: string | undefined; id?: string | undefined },
  env: NodeJS.ProcessEnv,
): InstancePaths {
  const home = path.resolve(choice.home ?? nonEmpty(env["PAPERCLIP_HOME"]) ?? path.join(os.homedir(), ".paperclip"));
  const id = choice.id ?? nonEmpty(env["PAPERCLIP_INSTANCE_ID"]) ?? "default";
  if (!/^[A-Za-z0-9_-]{1,64}$/.test(id)) {
    throw new Refusal("instance_invalid", `"${id}" cannot be the id of an instance.`, {
      next: "Use letters, digits, _ and -, at most 64, in --instance or PAPERCLIP_INSTANCE_ID.",
    });
  }
  const root = path.join(home, "instances", id);
  const below = (...parts: string[]) => path.join(root, ...parts);
  return {
    id,
    home,
    root,
    config: below("config.json"),
    envFile: below(".env"),
    lock: below("owner.lock"),
    db: below("db"),
    logs: below("logs"),
    runLogs: below("logs", "runs"),
    secrets: below("secrets"),
    masterKey: below("secrets", "master.key"),
    backups: below("data", "backups"),
    storage: below("data", "storage"),
    workspaces: below("workspaces"),
  };
}

function nonEmpty(text: string | undefined): string | undefined {
  return text === "" ? undefined : text;
}
