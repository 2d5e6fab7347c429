import { Link } from "@tanstack/react-router";
import type { RunPreview } from "../../../preload/contract/routines.ts";
import { Button, buttonClass } from "../../ui/button.tsx";

type Problem = RunPreview["problems"][number];
type Entry = RunPreview["env"][number];

/** The entry of the env that a problem is about: such a message begins with its key and layer. */
export function entryOf(problem: Problem, env: readonly Entry[]): Entry | null {
  const found = env.find(
    ({ key, layer, problem: code }) => code === problem.code && problem.message.startsWith(`${key} (${layer}):`),
  );
  return found ?? null;
}

/** What a code says about one reference, in a few words. */
export function problemWords(code: string): string {
  return WORDS[code] ?? code.replaceAll("_", " ");
}

const WORDS: Readonly<Record<string, string>> = {
  binding_missing: "not bound",
  secret_foreign: "of another company",
  secret_missing: "missing",
  secret_deleted: "deleted",
  secret_inactive: "not active",
  version_missing: "no version",
  version_inactive: "version not active",
  provider_error: "provider does not answer",
};

export interface FixProps {
  readonly code: string;
  readonly entry: Entry | null;
  readonly preview: RunPreview;
  onEnterValues?: (() => void) | undefined;
  /** A link was followed; the page that it leads to may be the one below. */
  onLeave?: (() => void) | undefined;
}

/** Where a problem is put right, as a link or a button; null where the panel has no place for it. */
export function fixOf({ code, entry, preview, onEnterValues, onLeave }: FixProps) {
  switch (code) {
    case "secret_inactive":
    case "version_missing":
    case "version_inactive":
      if (entry?.secretId === undefined) return null;
      return (
        <Link to="/secrets/$secretId" params={{ secretId: entry.secretId }} className={buttonClass()} onClick={onLeave}>
          Open secret
        </Link>
      );
    case "secret_missing":
    case "secret_foreign":
    case "secret_deleted":
    case "binding_missing":
      return entry === null ? null : <LayerLink layer={entry.layer} preview={preview} onLeave={onLeave} />;
    case "vault_locked":
    case "key_invalid":
    case "provider_error":
      return (
        <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()} onClick={onLeave}>
          Open vault settings
        </Link>
      );
    case "agent_inactive":
    case "command_missing":
    case "adapter_invalid":
    case "folder_missing":
    case "env_missing":
      return <LayerLink layer="agent" preview={preview} onLeave={onLeave} />;
    case "variable_missing":
    case "variable_invalid":
      return onEnterValues === undefined ? null : <Button onPress={onEnterValues}>Enter values</Button>;
    default:
      return null;
  }
}

interface LayerLinkProps extends Pick<FixProps, "preview" | "onLeave"> {
  readonly layer: Entry["layer"];
}

function LayerLink({ layer, preview, onLeave }: LayerLinkProps) {
  if (layer === "project" && preview.project !== null) {
    return (
      <Link
        to="/projects/$projectId"
        params={{ projectId: preview.project.id }}
        className={buttonClass()}
        onClick={onLeave}
      >
        Open project
      </Link>
    );
  }
  if (layer === "routine") {
    return (
      <Link
        to="/routines/$routineId"
        params={{ routineId: preview.routineId }}
        search={{ tab: "secrets" }}
        className={buttonClass()}
        onClick={onLeave}
      >
        Open env
      </Link>
    );
  }
  return (
    <Link to="/agents/$agentId" params={{ agentId: preview.agent.id }} className={buttonClass()} onClick={onLeave}>
      Open agent
    </Link>
  );
}
