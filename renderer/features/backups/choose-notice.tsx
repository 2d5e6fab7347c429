import { useNavigate } from "@tanstack/react-router";
import type { BackupEntry } from "../../../preload/contract/backups.ts";
import { Button } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
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

/** Leads from the menu to the backup that is meant: the newest that can be read is offered, any other is in the list. */
export function ChooseNotice({ purpose, backups, onClose }: ChooseNoticeProps) {
  const navigate = useNavigate();
  if (backups === null) return null;
  const newest = backups.find(({ state }) => state !== "unreadable");
  const cancel = <Button onPress={onClose}>Cancel</Button>;
  if (newest === undefined) {
    return <Notice title={`There is no backup to ${purpose}`} next="Back up first." actions={cancel} />;
  }
  return (
    <Notice
      title={TITLES[purpose]}
      next={NEXT[purpose]}
      actions={
        <>
          {cancel}
          <Button onPress={() => void navigate({ to: "/backups", search: { file: fileNameOf(newest) } })}>
            Open the newest
          </Button>
        </>
      }
    />
  );
}
