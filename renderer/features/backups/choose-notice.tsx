import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { BackupEntry } from "../../../preload/contract/backups.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { Button } from "../../ui/button.tsx";
import { focusBackTo } from "../../ui/focus-heading.ts";
import { Notice } from "../../ui/notice.tsx";
import { AddBackupButton, SendingNotice, useAddBackup } from "./add-backup.tsx";
import { fileNameOf } from "./backup-words.ts";

export interface ChooseNoticeProps {
  readonly purpose: "restore" | "verify";
  /** Null while they are loaded. */
  readonly backups: readonly BackupEntry[] | null;
  onClose(): void;
}

const TITLES = { restore: "Choose the backup to restore", verify: "Choose the backup to verify" } as const;
const NEXT = {
  restore: "Open one in the list. What it brings and what would be lost is shown before anything is touched.",
  verify: "Open one in the list. Nothing in use is touched.",
} as const;

/** Leads from the menu to the backup that is meant: the newest that can be read, another in the list, or one from elsewhere. */
export function ChooseNotice({ purpose, backups, onClose }: ChooseNoticeProps) {
  const navigate = useNavigate();
  const add = useAddBackup();
  const [before] = useState(() => document.activeElement);
  const cancel = () => {
    onClose();
    focusBackTo(before);
  };
  if (backups === null) return null;
  const newest = backups.find(({ state }) => state !== "unreadable");
  const show = (file: string) => void navigate({ to: "/backups", search: { file, ask: purpose } });
  return (
    <>
      <Notice
        title={newest === undefined ? `There is no backup to ${purpose} here` : TITLES[purpose]}
        next={newest === undefined ? "Take one from a file, or back up first." : NEXT[purpose]}
        actions={
          <>
            <Button onPress={cancel}>Cancel</Button>
            <AddBackupButton add={add} onAdded={show} />
            {newest === undefined ? null : <Button onPress={() => show(fileNameOf(newest))}>Open the newest</Button>}
          </>
        }
      />
      <SendingNotice add={add} />
      {add.failure === null ? null : <FailureNotice failure={add.failure} what="The backup was not added" />}
    </>
  );
}
