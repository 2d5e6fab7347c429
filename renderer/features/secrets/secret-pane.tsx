import { useQuery } from "@tanstack/react-query";
import { Archive, ArchiveRestore, Ban, CircleCheck, KeyRound, Trash2 } from "lucide-react";
import { useState } from "react";
import type { SecretDetail } from "../../../preload/contract/secrets.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ActionMenu } from "../../ui/menu.tsx";
import type { MenuAction } from "../../ui/menu.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Section, SidePane } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { SecretTag } from "../../ui/tag.tsx";
import { say } from "../../ui/toast.tsx";
import { DetailsSection } from "./details-section.tsx";
import { EventsSection } from "./events-section.tsx";
import { RotateDialog } from "./rotate-dialog.tsx";
import { StatusDialog } from "./status-dialog.tsx";
import type { Step } from "./status-dialog.tsx";
import { UsageLines } from "./usage-lines.tsx";
import { useValueBlock } from "./use-value-block.ts";
import { VersionsSection } from "./versions-section.tsx";
import "./secret-pane.css";

/** One secret beside the list: what it is, who uses it, its versions, and who asked for it. */
export function SecretPane({ secretId, onClose }: { readonly secretId: string; onClose(): void }) {
  const company = useCompany();
  const queries = useQueries();
  const query = useQuery(queries.secrets.get.queryOptions({ input: { company: company.id, secret: secretId } }));
  const title = query.data === undefined ? "Secret" : <SecretTag secretKey={query.data.key} />;
  const gone = query.error !== null && query.data === undefined && failureOf(query.error).code === "secret_missing";
  return (
    <SidePane title={title} onClose={onClose}>
      {gone ? (
        <EmptyState
          icon={KeyRound}
          title="There is no such secret"
          action={<Button onPress={onClose}>Close details</Button>}
        >
          The address names a secret that this company does not have.
        </EmptyState>
      ) : (
        <Answered query={query} what="The secret cannot be shown" loading={<SkeletonRows rows={10} />}>
          {(secret) => <Content secret={secret} onClose={onClose} />}
        </Answered>
      )}
    </SidePane>
  );
}

function Content({ secret, onClose }: { readonly secret: SecretDetail; onClose(): void }) {
  const company = useCompany();
  const queries = useQueries();
  const usage = useQuery(queries.secrets.usage.queryOptions({ input: { company: company.id, secret: secret.id } }));
  return (
    <>
      {secret.status === "deleted" ? null : <Actions secret={secret} status={secret.status} onDeleted={onClose} />}
      <DetailsSection secret={secret} />
      <Section title="Used by" level={3}>
        <Answered query={usage} what="Who uses it cannot be shown" loading={<SkeletonRows rows={2} />}>
          {({ usage: uses }) =>
            uses.length === 0 ? (
              <p className="quiet">Nothing uses it. Give it to a routine, a project or an agent in its environment.</p>
            ) : (
              <UsageLines usage={uses} label="Used by" />
            )
          }
        </Answered>
      </Section>
      <VersionsSection secret={secret} />
      <EventsSection secretId={secret.id} />
    </>
  );
}

const TOGGLES = {
  active: "Disable secret",
  disabled: "Enable secret",
  archived: "Unarchive secret",
} as const;

interface ActionsProps {
  readonly secret: SecretDetail;
  readonly status: keyof typeof TOGGLES;
  onDeleted(): void;
}

function Actions({ secret, status, onDeleted }: ActionsProps) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const blocked = useValueBlock();
  const linked = secret.managedMode === "external_reference";
  const [rotating, setRotating] = useState(false);
  const [step, setStep] = useState<Step | null>(null);
  const enable = useAction(() => client.secrets.enable({ company: company.id, secret: secret.id }));
  const enableIt = async () => {
    if ((await enable.run(undefined)) !== null) say(`Secret ${secret.key} is enabled.`);
  };
  const more: MenuAction[] = [
    status === "archived"
      ? { id: "disable", label: "Disable secret", icon: Ban, unavailable: readOnly, act: () => setStep("disable") }
      : { id: "archive", label: "Archive secret", icon: Archive, unavailable: readOnly, act: () => setStep("archive") },
    {
      id: "delete",
      label: "Delete secret",
      icon: Trash2,
      danger: true,
      unavailable: readOnly,
      act: () => setStep("delete"),
    },
  ];
  return (
    <div className="secret-pane-actions">
      <div className="field-actions">
        {status === "active" && !linked ? (
          <Button variant="primary" isDisabled={blocked !== null} onPress={() => setRotating(true)}>
            Rotate secret
          </Button>
        ) : null}
        {/* One button for both ways, so that the focus stays on it when the state changes. */}
        <Button
          variant={status === "active" ? "secondary" : "primary"}
          icon={status === "active" ? Ban : status === "archived" ? ArchiveRestore : CircleCheck}
          isPending={enable.pending}
          isDisabled={readOnly !== null}
          onPress={() => {
            if (status === "active") setStep("disable");
            else void enableIt();
          }}
        >
          {TOGGLES[status]}
        </Button>
        <ActionMenu label="More actions" actions={more} />
      </div>
      {status === "active" && linked ? (
        <p className="quiet small">
          Its value is kept at the provider. Rotate it there: the next run reads what is current.
        </p>
      ) : null}
      {status === "active" && !linked && blocked !== null ? <p className="quiet small">{blocked}</p> : null}
      {status === "disabled" ? (
        <p className="quiet small">Runs that need it are refused until it is enabled. Then it can be rotated too.</p>
      ) : null}
      {enable.failure === null ? null : <FailureNotice failure={enable.failure} what="The secret was not enabled" />}
      <RotateDialog secret={secret} isOpen={rotating} onClose={() => setRotating(false)} />
      <StatusDialog secret={secret} step={step} onClose={() => setStep(null)} onDeleted={onDeleted} />
    </div>
  );
}
