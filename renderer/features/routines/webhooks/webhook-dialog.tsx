import { RotateCw } from "lucide-react";
import { useState } from "react";
import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import type { WebhookFacts } from "../../../../preload/contract/webhooks.ts";
import { useCompany } from "../../../data/company.tsx";
import { useReadOnly, useStatus } from "../../../data/status.ts";
import { Button } from "../../../ui/button.tsx";
import { CopyButton } from "../../../ui/copy-button.tsx";
import { Dialog } from "../../../ui/dialog.tsx";
import { Facts } from "../../../ui/facts.tsx";
import { Notice } from "../../../ui/notice.tsx";
import { Section } from "../../../ui/page.tsx";
import { Time } from "../../../ui/time.tsx";
import { triggerName } from "../triggers/trigger-kinds.ts";
import { DeliveryList } from "./delivery-list.tsx";
import { exampleOf } from "./example.ts";
import { modeLabel } from "./modes.ts";
import { RotateDialog } from "./rotate-dialog.tsx";
import { TestDelivery } from "./test-delivery.tsx";
import "./webhook.css";

/** A webhook as the calls name it. */
export interface OneWebhook {
  readonly company: string;
  readonly routine: string;
  readonly trigger: string;
}

export interface WebhookDialogProps {
  readonly routine: RoutineRecord;
  readonly trigger: TriggerRecord & { readonly webhook: WebhookFacts };
  onClose(): void;
}

/** What a sender has to know of a webhook, what came to it, and a way to try it. */
export function WebhookDialog({ routine, trigger, onClose }: WebhookDialogProps) {
  const one = { company: useCompany().id, routine: routine.id, trigger: trigger.id };
  const { webhook } = trigger;
  const blocked = useReadOnly() !== null || routine.status === "archived";
  const [rotating, setRotating] = useState(false);
  const example = exampleOf(webhook);
  return (
    <Dialog title={`Webhook: ${triggerName(trigger)}`} wide isOpen onClose={onClose}>
      <Listening trigger={trigger} />
      <Section title="Set-up" level={3}>
        <SetUp webhook={webhook} />
        {webhook.signingMode === "none" ? null : (
          <div className="webhook-buttons">
            <Button icon={RotateCw} isDisabled={blocked} onPress={() => setRotating(true)}>
              {webhook.secretId === null ? "Make signing key" : "Rotate signing key"}
            </Button>
          </div>
        )}
      </Section>
      <Section title="Deliveries" level={3}>
        <DeliveryList one={one} />
      </Section>
      <Section title="Test" level={3}>
        <TestDelivery one={one} />
      </Section>
      <Section title="Example" level={3} actions={<CopyButton text={example} label="Copy example" />}>
        <pre className="webhook-example" tabIndex={0} aria-label="Example">
          {example}
        </pre>
        {webhook.signingMode === "none" ? null : (
          <p className="quiet small">
            The signing key is read from the file <code>webhook.key</code>. Before a test, add{" "}
            <code>-H 'X-Paperclip-Test: 1'</code>: then nothing is started.
          </p>
        )}
      </Section>
      {rotating ? (
        <RotateDialog one={one} hasKey={webhook.secretId !== null} onClose={() => setRotating(false)} />
      ) : null}
    </Dialog>
  );
}

function SetUp({ webhook }: { readonly webhook: WebhookFacts }) {
  const { address, signingMode, replayWindowSeconds, secretId, lastRotatedAt, previousKeyUntil } = webhook;
  return (
    <Facts
      facts={[
        [
          "Address",
          <span key="address" className="webhook-copied">
            <code>{address}</code>
            <CopyButton text={address} label="Copy address" />
          </span>,
        ],
        ["Proof", modeLabel(signingMode)],
        ["Timestamps", signingMode === "hmac_sha256" ? `may be off by ${String(replayWindowSeconds)} s` : null],
        [
          "Signing key",
          signingMode === "none" ? (
            "none; the address is all that a sender needs"
          ) : secretId === null ? (
            "none yet"
          ) : lastRotatedAt === null ? (
            "in the vault"
          ) : (
            <>
              in the vault, rotated <Time instant={lastRotatedAt} />
            </>
          ),
        ],
        [
          "Old key",
          previousKeyUntil === null ? null : (
            <>
              taken too; it ends <Time key="until" instant={previousKeyUntil} exactly />
            </>
          ),
        ],
      ]}
    />
  );
}

/** Why nothing can arrive now; nothing where it can. */
function Listening({ trigger: { enabled, webhook } }: Pick<WebhookDialogProps, "trigger">) {
  const status = useStatus();
  const listener = status?.webhooks;
  if (listener?.state === "failed") {
    return (
      <Notice
        tone="bad"
        title={listener.reason}
        next="End the other program, or choose another port in the settings and tell the senders."
      />
    );
  }
  if (webhook.signingMode !== "none" && webhook.secretId === null) {
    return <Notice tone="doubtful" title="The webhook has no signing key" next="Make one, then switch it on." />;
  }
  if (!enabled) return <Notice title="The webhook is off: deliveries are refused" next="Switch it on in the list." />;
  const isAtRest = status !== undefined && (status.held !== null || status.scheduler.pausedSince !== null);
  if (listener?.state === "off" || isAtRest) return <Notice tone="doubtful" title={listener?.reason ?? ""} />;
  return null;
}
