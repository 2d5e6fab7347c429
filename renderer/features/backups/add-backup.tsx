import { useQuery } from "@tanstack/react-query";
import { FileTrigger } from "react-aria-components";
import { useClient, useConnectionState, useQueries } from "../../data/panel-context.tsx";
import { sendFile } from "../../data/send-file.ts";
import { useAction } from "../../data/use-action.ts";
import type { Action } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { say } from "../../ui/toast.tsx";

/** As much of a name as the contract takes. */
const LONGEST_NAME = 300;

/** Takes a backup from elsewhere: the file that the page was given, or the one that the window asks for. */
export type AddBackup = Action<File | undefined, string | null>;

export function useAddBackup(): AddBackup {
  const client = useClient();
  return useAction(async (file: File | undefined) => {
    const announced = file && { name: file.name.slice(-LONGEST_NAME), bytes: file.size };
    const answer = await client.shell.addBackup(announced ? { file: announced } : {});
    if (answer.outcome === "cancelled") return null;
    if (answer.outcome === "added") return answer.file;
    return file === undefined ? null : sendFile(answer.href, file);
  });
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
