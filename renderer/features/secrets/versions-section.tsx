import { useQuery } from "@tanstack/react-query";
import { Ban, CircleCheck, History, Trash2 } from "lucide-react";
import { useState } from "react";
import type { SecretDetail, SecretVersion, VersionUse } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { ActionMenu } from "../../ui/menu.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { say } from "../../ui/toast.tsx";
import { actorWords } from "../record/activity-words.ts";
import { Line, Lines } from "./lines.tsx";
import { counted } from "./secret-words.ts";
import { useValueBlock } from "./use-value-block.ts";
import { standingOf, versionActions } from "./version-actions.ts";
import type { VersionAction } from "./version-actions.ts";
import { VersionDialog } from "./version-dialog.tsx";
import type { AskedVersion } from "./version-dialog.tsx";
import { VersionRunsDialog } from "./version-runs-dialog.tsx";
import "./versions-section.css";

/** The versions of a secret, newest first: how each stands, what ran with it, and what can be done to it. */
export function VersionsSection({ secret }: { readonly secret: SecretDetail }) {
  const company = useCompany();
  const client = useClient();
  const queries = useQueries();
  const blocked = { change: useReadOnly(), value: useValueBlock() };
  const [asked, setAsked] = useState<AskedVersion | null>(null);
  const [runsOf, setRunsOf] = useState<number | null>(null);
  const use = useQuery(queries.secrets.versionUse.queryOptions({ input: { company: company.id, secret: secret.id } }));
  const usedOf = new Map(use.data?.versions.map((used) => [used.version, used]));
  const enable = useAction(async (version: number) => {
    await client.secrets.enableVersion({ company: company.id, secret: secret.id, version });
    say(`Version ${version} of ${secret.key} is enabled.`);
  });
  const act = (action: VersionAction, version: number) => {
    if (action === "enable") void enable.run(version);
    else setAsked({ step: action, version });
  };
  return (
    <Section title="Versions" level={3}>
      {enable.failure === null ? null : <FailureNotice failure={enable.failure} what="The version was not enabled" />}
      {use.error === null ? null : (
        <FailureNotice
          what="What ran with each version cannot be shown"
          failure={failureOf(use.error)}
          onRetry={() => void use.refetch()}
        />
      )}
      {secret.versions.length === 0 ? (
        <p className="quiet">
          {secret.status === "deleted" ? "All versions were destroyed with the secret." : "There is no version."}
        </p>
      ) : (
        <Lines label="Versions" entries={secret.versions} idOf={({ version }) => String(version)}>
          {(version) => (
            <Line
              first={<First secret={secret} version={version} blocked={blocked} onAction={act} />}
              second={
                <Second
                  version={version}
                  isAsked={use.isPending}
                  used={usedOf.get(version.version) ?? null}
                  onRuns={() => setRunsOf(version.version)}
                />
              }
            />
          )}
        </Lines>
      )}
      {use.data?.more === true ? (
        <p className="quiet small">Runs are counted in the newest {use.data.accesses.toLocaleString("en")} accesses.</p>
      ) : null}
      <VersionDialog secret={secret} asked={asked} onClose={() => setAsked(null)} />
      <VersionRunsDialog secret={secret} version={runsOf} onClose={() => setRunsOf(null)} />
    </Section>
  );
}

interface FirstProps {
  readonly secret: SecretDetail;
  readonly version: SecretVersion;
  readonly blocked: { readonly change: string | null; readonly value: string | null };
  onAction(action: VersionAction, version: number): void;
}

const ACTIONS = {
  rollback: { label: "Roll back to this", icon: History, danger: false },
  disable: { label: "Disable version", icon: Ban, danger: false },
  enable: { label: "Enable version", icon: CircleCheck, danger: false },
  destroy: { label: "Destroy version", icon: Trash2, danger: true },
} as const;

function First({ secret, version, blocked, onAction }: FirstProps) {
  const standing = standingOf(version);
  const actions = secret.status === "deleted" ? [] : versionActions(secret, version, blocked);
  return (
    <>
      <span className="tabular">v{version.version}</span>
      {standing === "never_stored" ? <Mark state="draft">never stored</Mark> : <Mark state={standing} />}
      <span className="quiet">
        <Time instant={version.createdAt} /> by {actorWords(version.createdBy).replace(/^The/, "the")}
      </span>
      <span>
        {actions.length === 0 ? null : (
          <ActionMenu
            label={`Actions on version ${version.version}`}
            actions={actions.map(({ action, unavailable }) => {
              const { label, icon, danger } = ACTIONS[action];
              return { id: action, label, icon, danger, unavailable, act: () => onAction(action, version.version) };
            })}
          />
        )}
      </span>
    </>
  );
}

interface SecondProps {
  readonly version: SecretVersion;
  /** What ran with the versions is not known yet. */
  readonly isAsked: boolean;
  readonly used: VersionUse["versions"][number] | null;
  onRuns(): void;
}

function Second({ version, isAsked, used, onRuns }: SecondProps) {
  const { note, keyId, revokedAt } = version;
  return (
    <>
      {note === null ? null : <span dir="auto">{note}</span>}
      {revokedAt === null ? null : (
        <span>
          revoked <Time instant={revokedAt} exactly />
        </span>
      )}
      {used === null ? (
        <span>{isAsked ? "…" : "no run had it"}</span>
      ) : (
        <span className="versions-section-runs">
          <Button variant="quiet" onPress={onRuns}>
            {counted(used.runs, "run")} had it
          </Button>
          , last <Time instant={used.lastUsedAt} />
        </span>
      )}
      {keyId === null ? null : (
        <span>
          master key <code>{keyId}</code>
        </span>
      )}
    </>
  );
}
