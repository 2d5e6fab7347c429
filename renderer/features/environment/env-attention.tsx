import { useState } from "react";
import { FailureNotice } from "../../data/failure-notice.tsx";
import type { Failure } from "../../data/failure.ts";
import { Notice } from "../../ui/notice.tsx";
import { FixMenu } from "./fix-menu.tsx";
import type { FixMenuProps } from "./fix-menu.tsx";
import { shortId } from "./reference-state.ts";
import type { SecretState } from "./reference-state.ts";
import type { Attention, EnvView } from "./use-env-view.ts";

type Ways = Omit<FixMenuProps, "attention" | "onFailure">;

export interface EnvAttentionProps {
  readonly view: EnvView;
  ways(attention: Attention): Ways;
}

/** Lists what would stop a run, each with its ways out. Nothing where nothing would. */
export function EnvAttention({ view, ways }: EnvAttentionProps) {
  const [failure, setFailure] = useState<Failure | null>(null);
  const { attention } = view;
  if (attention.length === 0) return null;
  const count = attention.length === 1 ? "1 binding needs" : `${attention.length} bindings need`;
  return (
    <>
      <Notice
        tone="doubtful"
        title={`${count} attention: runs that need ${attention.length === 1 ? "it" : "them"} are refused`}
      >
        <ul className="env-editor-attention">
          {attention.map((one) => (
            <li key={`${one.layer} ${one.key} ${one.row?.id ?? ""}`}>
              <span>
                <code>{one.key}</code> <span className="quiet">({one.layer})</span>:{" "}
                {sentence(one, view.secretOf(one.secretId))}
              </span>
              <FixMenu attention={one} {...ways(one)} onFailure={setFailure} />
            </li>
          ))}
        </ul>
      </Notice>
      {failure === null ? null : <FailureNotice failure={failure} what="The secret was not enabled" />}
    </>
  );
}

/** The words in which a run would be refused. */
function sentence({ problem, secretId, row }: Attention, state: SecretState): string {
  const name = state.kind === "there" ? `secret "${state.secret.key}"` : `the secret ${shortId(secretId)}`;
  const version = row === null || row.version === "latest" ? null : row.version;
  switch (problem.code) {
    case "secret_missing":
      return `${name} does not exist.`;
    case "secret_foreign":
      return `${name} is not one of this company.`;
    case "secret_deleted":
    case "secret_inactive":
      return `${name} is ${problem.what}.`;
    case "version_missing":
      return version === null ? `${name} has no current version.` : `${name} has no version ${version}.`;
    case "version_inactive":
      return version === null
        ? `the latest version of ${name} is ${problem.what.replace(/^v\d+ /, "")}; an older one is never taken instead.`
        : `version ${version} of ${name} is ${problem.what.replace(/^v\d+ /, "")}.`;
    case "vault_locked":
      return `${name} cannot be read while the vault is locked.`;
    case "binding_missing":
      return `${name} is not bound; saving binds it.`;
    default:
      return `the provider of ${name} does not give it out.`;
  }
}
