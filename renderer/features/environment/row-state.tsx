import type { Layer } from "../../../preload/contract/environment.ts";
import { Mark } from "../../ui/mark.tsx";
import type { State } from "../../ui/mark.tsx";
import { Time } from "../../ui/time.tsx";
import type { EnvRow } from "./env-rows.ts";
import type { Precedence } from "./precedence.ts";
import type { ReferenceProblem, SecretState } from "./reference-state.ts";

export interface RowStateProps {
  readonly row: EnvRow;
  readonly layer: Layer;
  readonly precedence: Precedence | null;
  readonly secret: SecretState | null;
  readonly problem: ReferenceProblem | null;
}

/** How a line of an env stands: overridden, plain, waiting for a secret, or as its secret is. */
export function RowState({ row, layer, precedence, secret, problem }: RowStateProps) {
  if (precedence !== null && precedence.winner !== layer) {
    return <span className="quiet">overridden by {precedence.winner}</span>;
  }
  if (row.kind === "plain") return <span className="quiet">plain</span>;
  if (row.secretId === null) return <Mark state="draft">no secret chosen</Mark>;
  return <ReferenceState secret={secret} problem={problem} selector={row.version} />;
}

export interface ReferenceStateProps {
  readonly secret: SecretState | null;
  readonly problem: ReferenceProblem | null;
  readonly selector: EnvRow["version"];
}

/** How the secret behind a reference is: usable, or why a run would stop. */
export function ReferenceState({ secret, problem, selector }: ReferenceStateProps) {
  if (problem !== null) return <Mark state={markOf(problem)}>{problem.what} → runs will stop</Mark>;
  if (secret === null || secret.kind === "asked") return <span className="quiet">…</span>;
  if (secret.kind !== "there") return <Mark state="unknown">not known now</Mark>;
  const { lastResolvedAt, latestVersion } = secret.secret;
  return (
    <Mark state="ok">
      {selector !== "latest" && selector < latestVersion ? `ok, v${latestVersion} exists` : "ok"}
      {lastResolvedAt === null ? null : (
        <>
          , used <Time instant={lastResolvedAt} />
        </>
      )}
    </Mark>
  );
}

function markOf({ code, what }: ReferenceProblem): State {
  if (code === "secret_inactive" && what === "disabled") return "disabled";
  if (code === "version_inactive") return what.endsWith("destroyed") ? "deleted" : "disabled";
  if (code === "secret_deleted") return "deleted";
  return code === "vault_locked" ? "locked" : "missing";
}
