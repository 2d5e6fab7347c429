import type { ReactElement } from "react";
import type { TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { Dialog } from "../../../ui/dialog.tsx";
import { ApiForm } from "./api-form.tsx";
import { OnceForm } from "./once-form.tsx";
import { WebhookForm } from "../webhooks/webhook-form.tsx";
import { ScheduleForm } from "./schedule-form.tsx";
import { triggerName } from "./trigger-kinds.ts";
import type { KindFormProps } from "./trigger-form.tsx";

interface KindDialog {
  /** Of the menu that adds one. */
  readonly add: string;
  readonly title: string;
  readonly wide: boolean;
  readonly form: (props: KindFormProps) => ReactElement;
}

/** The kinds that can be added and edited here: each brings a form of its own. */
export const KIND_DIALOGS = {
  schedule: { add: "Schedule…", title: "Add a schedule", wide: true, form: ScheduleForm },
  once: { add: "Once…", title: "Add one instant", wide: false, form: OnceForm },
  api: { add: "Name for calls…", title: "Add a name for calls", wide: false, form: ApiForm },
  webhook: { add: "Webhook…", title: "Add a webhook", wide: false, form: WebhookForm },
} as const satisfies Partial<Record<TriggerRecord["kind"], KindDialog>>;

export type EditableKind = keyof typeof KIND_DIALOGS;

export const isEditable = (kind: TriggerRecord["kind"]): kind is EditableKind => Object.hasOwn(KIND_DIALOGS, kind);

export interface TriggerDialogProps extends KindFormProps {
  readonly kind: EditableKind;
}

/** Adds a trigger of a kind, or edits one. */
export function TriggerDialog({ kind, ...props }: TriggerDialogProps) {
  const { title, wide, form: KindForm } = KIND_DIALOGS[kind];
  return (
    <Dialog
      title={props.trigger === null ? title : `Edit trigger: ${triggerName(props.trigger)}`}
      wide={wide}
      isOpen
      onClose={props.onClose}
    >
      <KindForm {...props} />
    </Dialog>
  );
}
