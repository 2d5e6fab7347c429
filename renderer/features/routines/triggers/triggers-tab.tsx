import { useQuery } from "@tanstack/react-query";
import { CalendarClock } from "lucide-react";
import { useState } from "react";
import type { Standstill, TriggerRecord } from "../../../../preload/contract/triggers.ts";
import { Answered } from "../../../data/answered.tsx";
import { useCompany } from "../../../data/company.tsx";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../../data/panel-context.tsx";
import { useReadOnly } from "../../../data/status.ts";
import { useAction } from "../../../data/use-action.ts";
import { ConfirmDialog } from "../../../ui/dialog.tsx";
import { Select } from "../../../ui/field.tsx";
import { ActionMenu } from "../../../ui/menu.tsx";
import { EmptyState, Notice } from "../../../ui/notice.tsx";
import { Section, Stack } from "../../../ui/page.tsx";
import { SkeletonRows } from "../../../ui/skeleton.tsx";
import { say } from "../../../ui/toast.tsx";
import { catchUpChoices } from "../policies.ts";
import type { RoutineEditing } from "../use-routine-form.ts";
import { WebhookDialog } from "../webhooks/webhook-dialog.tsx";
import { type EditableKind, isEditable, KIND_DIALOGS, TriggerDialog } from "./trigger-dialog.tsx";
import { kindLook, triggerName } from "./trigger-kinds.ts";
import { TriggerRow } from "./trigger-row.tsx";
import { UpcomingTimes } from "./upcoming-times.tsx";
import "./triggers-tab.css";

/** What is open over the list: one being added, or edited. */
type Open = { readonly kind: EditableKind; readonly trigger: TriggerRecord | null } | null;

/** What the next times are called that come only once something else ends. */
const NEXT_TIMES: Readonly<Record<Standstill, string>> = {
  restore_held: "Next times, once what was restored is released",
  all_paused: "Next times, once schedules are resumed",
  routine_paused: "Next times, once it is active",
  routine_archived: "Next times, once it is active",
};

/** What starts the routine by itself, when it does next, and what becomes of what was missed. */
export function TriggersTab({ editing }: { readonly editing: RoutineEditing }) {
  const { base: routine } = editing;
  const of = { company: useCompany().id, routine: routine.id };
  const client = useClient();
  const queries = useQueries();
  const triggers = useQuery(queries.triggers.list.queryOptions({ input: of }));
  const next = useQuery(queries.triggers.next.queryOptions({ input: of }));
  const readOnly = useReadOnly();
  const [open, setOpen] = useState<Open>(null);
  const [openId, setOpenId] = useState<string | null>(null);
  // As it is now, whatever was done to it since.
  const opened = triggers.data?.triggers.find(({ id }) => id === openId) ?? null;
  const [removing, setRemoving] = useState<TriggerRecord | null>(null);
  const remove = useAction(({ id }: TriggerRecord) => client.triggers.remove({ ...of, trigger: id }));
  const turn = useAction(({ id, enabled }: TriggerRecord) =>
    client.triggers[enabled ? "disable" : "enable"]({ ...of, trigger: id }),
  );
  const archived = routine.status === "archived";
  const blocked = readOnly ?? (archived ? "The routine is archived." : null);
  const failure = turn.failure ?? remove.failure;
  const add = (
    <ActionMenu
      label="Add trigger"
      words="Add trigger"
      actions={(Object.keys(KIND_DIALOGS) as EditableKind[]).map((kind) => ({
        id: kind,
        label: KIND_DIALOGS[kind].add,
        icon: kindLook(kind).icon,
        unavailable: blocked,
        act: () => setOpen({ kind, trigger: null }),
      }))}
    />
  );
  return (
    <Stack>
      {routine.status === "paused" && (triggers.data?.triggers.length ?? 0) > 0 ? (
        <Notice
          title="The routine is paused: its triggers start nothing"
          next="Switch its automation on to use them."
        />
      ) : null}
      {next.data?.standstill === "all_paused" && (triggers.data?.triggers.length ?? 0) > 0 ? (
        <Notice
          title="Schedules and webhooks are paused: its triggers start nothing"
          next="Resume them on Home to use them."
        />
      ) : null}
      {failure === null ? null : (
        <FailureNotice
          failure={failure}
          what={turn.failure === null ? "The trigger was not removed" : "The trigger was not switched"}
        />
      )}
      <Section title="Triggers" actions={triggers.data?.triggers.length ? add : null}>
        <Answered query={triggers} what="The triggers cannot be shown" loading={<SkeletonRows rows={3} />}>
          {({ triggers: rows }) =>
            rows.length === 0 ? (
              <EmptyState icon={CalendarClock} title="No trigger yet" action={add}>
                A trigger starts the routine by itself: on a schedule, at one instant, or when it is called.
              </EmptyState>
            ) : (
              <ul className="triggers-tab" aria-label="Triggers">
                {rows.map((trigger) => (
                  <TriggerRow
                    key={trigger.id}
                    routine={routine}
                    trigger={trigger}
                    blocked={blocked}
                    onSwitch={() => {
                      remove.reset();
                      void turn.run(trigger);
                    }}
                    onEdit={() => {
                      if (isEditable(trigger.kind)) setOpen({ kind: trigger.kind, trigger });
                    }}
                    onOpen={() => setOpenId(trigger.id)}
                    onRemove={() => setRemoving(trigger)}
                  />
                ))}
              </ul>
            )
          }
        </Answered>
      </Section>
      {next.data === undefined || next.data.times.length === 0 ? null : (
        <Section title={next.data.standstill === null ? "Next times" : NEXT_TIMES[next.data.standstill]}>
          <UpcomingTimes
            label="Next times"
            times={next.data.times.map((time) => ({
              at: time.at,
              zone: time.zone,
              note: time.note,
              name: nameOf(time, triggers.data?.triggers ?? []),
            }))}
          />
        </Section>
      )}
      {triggers.data?.triggers.some(({ kind }) => kind === "schedule" || kind === "once") ? (
        <Section title="Missed slots">
          <div className="triggers-tab-policy">
            <Select
              name="catchUpPolicy"
              label="What becomes of slots that were missed"
              help="The app was closed or the machine slept, for longer than the grace of the trigger."
              options={catchUpChoices}
              value={editing.form.catchUpPolicy}
              onChange={(key) => {
                const catchUpPolicy = catchUpChoices.find(({ id }) => id === key)?.id;
                if (catchUpPolicy) editing.edit({ catchUpPolicy });
              }}
              isDisabled={archived}
            />
          </div>
        </Section>
      ) : null}
      {open === null ? null : (
        <TriggerDialog
          kind={open.kind}
          trigger={open.trigger}
          routine={routine}
          onClose={() => setOpen(null)}
          onSaved={() => {
            say(open.trigger === null ? "The trigger is added." : "The trigger is changed.");
            setOpen(null);
          }}
        />
      )}
      {opened?.webhook ? (
        <WebhookDialog
          routine={routine}
          trigger={{ ...opened, webhook: opened.webhook }}
          onClose={() => setOpenId(null)}
        />
      ) : null}
      <ConfirmDialog
        title={`Remove the trigger "${removing === null ? "" : triggerName(removing)}"?`}
        confirm="Remove trigger"
        isOpen={removing !== null}
        isPending={remove.pending}
        danger
        onConfirm={() => {
          if (removing === null) return;
          turn.reset();
          void remove.run(removing).then((removed) => {
            if (removed !== null) say("The trigger is removed.");
            setRemoving(null);
          });
        }}
        onClose={() => setRemoving(null)}
      >
        <p>It no longer starts the routine. The runs that it started stay.</p>
      </ConfirmDialog>
    </Stack>
  );
}

/** Of several triggers, whose time it is. */
function nameOf(
  time: { readonly triggerId: string; readonly zone: string },
  triggers: readonly TriggerRecord[],
): string {
  const trigger = triggers.find(({ id }) => id === time.triggerId);
  const name = triggers.length < 2 ? undefined : (trigger?.label ?? trigger?.expression ?? undefined);
  return name === undefined ? time.zone : `${name} · ${time.zone}`;
}
