import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import { FileTrigger } from "react-aria-components";
import { useClient, useConnectionState, useQueries } from "../../data/panel-context.tsx";
import { sendFile } from "../../data/send-file.ts";
import { useAction } from "../../data/use-action.ts";
import type { Action } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { focusHeading } from "../../ui/focus-heading.ts";
import { Mark } from "../../ui/mark.tsx";
import { bytesText } from "../../ui/time-text.ts";
import { say } from "../../ui/toast.tsx";
import "./backups.css";

/** As much of a name as the contract takes. */
const LONGEST_NAME = 300;

/** How far the sending of a file is, in bytes. */
export interface Sent {
  readonly name: string;
  readonly sent: number;
  readonly bytes: number;
}

/** Takes a backup from elsewhere: the file that the page was given, or the one that the window asks for. */
export interface AddBackup extends Action<File | undefined, string | null> {
  /** While a file is sent, and looked at on the other side; else null. */
  readonly sending: Sent | null;
  cancel(): void;
}

export function useAddBackup(): AddBackup {
  const client = useClient();
  const [sending, setSending] = useState<Sent | null>(null);
  const giveUp = useRef<AbortController | null>(null);
  // Whoever leaves the screen gives it up: nobody would hear how it ended.
  useEffect(() => () => giveUp.current?.abort(), []);
  const action = useAction(async (file: File | undefined) => {
    const announced = file && { name: file.name.slice(-LONGEST_NAME), bytes: file.size };
    const answer = await client.shell.addBackup(announced ? { file: announced } : {});
    if (answer.outcome === "cancelled") return null;
    if (answer.outcome === "added") return answer.file;
    if (file === undefined) return null;
    const controller = new AbortController();
    giveUp.current = controller;
    const show = (sent: number) => setSending({ name: file.name, sent, bytes: file.size });
    show(0);
    try {
      return await sendFile(answer.href, file, { signal: controller.signal, onProgress: show });
    } finally {
      setSending(null);
    }
  });
  const cancel = () => {
    giveUp.current?.abort();
    focusHeading();
  };
  return { ...action, sending, cancel };
}

/** How far the sending of a backup is, and the way to give it up. */
export function SendingNotice({ add: { sending, cancel } }: { readonly add: AddBackup }) {
  if (sending === null) return null;
  const { name, sent, bytes } = sending;
  const isOver = sent >= bytes;
  const words = isOver ? `Checking ${name}` : `Sending ${name}: ${bytesText(sent)} of ${bytesText(bytes)}`;
  return (
    <div className="backups-work">
      <div className="backups-work-words">
        <Mark state="running">{words}</Mark>
        <progress
          className="backups-work-bar"
          aria-label="How much of it was sent"
          max={1}
          {...(isOver ? {} : { value: sent / Math.max(1, bytes) })}
        />
      </div>
      <Button onPress={cancel}>Cancel sending</Button>
    </div>
  );
}

export interface AddBackupButtonProps {
  readonly add: AddBackup;
  /** Told the name under which it is in the list now. */
  onAdded(file: string): void;
}

/** Asks for a backup from elsewhere, in the way of what shows the panel. Where it fails, `add.failure` says why. */
export function AddBackupButton({ add, onAdded }: AddBackupButtonProps) {
  const host = useQuery(useQueries().shell.info.queryOptions()).data?.host;
  const connected = useConnectionState().kind === "open";
  const take = async (file: File | undefined) => {
    const added = await add.run(file);
    if (added === null) return;
    say("The backup is in the folder of backups.");
    onAdded(added);
  };
  const button = (
    <Button
      isPending={add.pending}
      isDisabled={!connected || host === undefined}
      {...(host === "window" ? { onPress: () => void take(undefined) } : {})}
    >
      From a file…
    </Button>
  );
  if (host === "window") return button;
  return (
    <FileTrigger
      onSelect={(files) => {
        const file = files?.[0];
        if (file !== undefined) void take(file);
      }}
    >
      {button}
    </FileTrigger>
  );
}
