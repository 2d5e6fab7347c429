import { useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { KeySourceEntry, VaultHealth } from "../../../preload/contract/secrets.ts";
import { Answered } from "../../data/answered.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import type { State } from "../../ui/mark.tsx";
import { NextStep } from "../../ui/next-step.tsx";
import { Section } from "../../ui/page.tsx";
import { say } from "../../ui/toast.tsx";
import { useVaultLook } from "../secrets/use-vault-keys.ts";

type Custody = "file" | "keychain";

const TITLES = { environment: "Environment", file: "File", keychain: "Keychain", recovery: "Recovery code" } as const;

const PLACES = { file: "the file of this instance", keychain: "the keychain of the system" } as const;

/** A shape and a word for each state of a source. */
const LOOKS = {
  in_use: ["ok", "in use"],
  spare: ["previous", "there too"],
  other: ["warn", "another key"],
  absent: ["off", "none"],
  unusable: ["warn", "unusable"],
  made: ["previous", "made, never tested"],
  tested: ["ok", "tested"],
} as const satisfies Record<KeySourceEntry["state"], readonly [State, string]>;

/** Where the master key can come from, what each place is worth on this system, and the way from one to the other. */
export function KeySources() {
  // A keychain that is locked or unlocked announces nothing, so each look is a fresh one.
  const health = useQuery({ ...useQueries().secrets.health.queryOptions(), refetchOnMount: "always" });
  const readOnly = useReadOnly();
  const [moving, setMoving] = useState(false);
  const to = health.data ? destination(health.data) : null;
  return (
    <Section
      title="Sources of the key"
      actions={
        to === null ? null : (
          <Button isDisabled={readOnly !== null} onPress={() => setMoving(true)}>
            {to === "file" ? "Move key to file" : "Move key to keychain"}
          </Button>
        )
      }
    >
      <Answered query={health} what="The sources of the key cannot be shown">
        {({ sources }) => (
          <>
            <Facts
              facts={sources.map((source) => [TITLES[source.source], <Source key={source.source} {...source} />])}
            />
            {to === null ? null : (
              <MoveKeyDialog
                to={to}
                worth={sources.find(({ source }) => source === to)?.worth ?? ""}
                isOpen={moving}
                onClose={() => setMoving(false)}
              />
            )}
          </>
        )}
      </Answered>
    </Section>
  );
}

/** Where the key can be moved to: not while it comes from the environment, nor while it is nowhere to be had. */
function destination({ custody, state, sources }: VaultHealth): Custody | null {
  if (custody === "environment") return null;
  const to = custody === "file" ? "keychain" : "file";
  if (state !== "locked") return to;
  return sources.some((source) => source.source === to && source.state === "spare") ? to : null;
}

function Source({ state, message, worth, next }: KeySourceEntry) {
  const [look, word] = LOOKS[state];
  return (
    <>
      <p>
        <Mark state={look}>{word}</Mark>
      </p>
      <p>{message}</p>
      <p className="quiet">{worth}</p>
      {next === null ? null : (
        <p>
          <NextStep text={next} />
        </p>
      )}
    </>
  );
}

interface MoveKeyDialogProps {
  readonly to: Custody;
  /** What the destination is worth on this system. */
  readonly worth: string;
  readonly isOpen: boolean;
  onClose(): void;
}

function MoveKeyDialog({ to, worth, isOpen, onClose }: MoveKeyDialogProps) {
  const client = useClient();
  const look = useVaultLook();
  const custodyOfSettings = useQueries().settings.key();
  const cache = useQueryClient();
  const move = useAction(async () => {
    const change = await client.keys.setCustody({ custody: to });
    await Promise.all([look(), cache.invalidateQueries({ queryKey: custodyOfSettings })]);
    return change;
  });
  const close = () => {
    move.reset();
    onClose();
  };
  const confirm = async () => {
    const change = await move.run(undefined);
    if (change === null) return;
    say([`The master key is kept in ${PLACES[to]} from now on.`, ...change.notes].join(" "));
    close();
  };
  return (
    <ConfirmDialog
      title={`Move the master key to ${PLACES[to]}?`}
      confirm="Move key"
      isOpen={isOpen}
      isPending={move.pending}
      onConfirm={() => void confirm()}
      onClose={close}
    >
      <p>
        It is written there and read back, and only then taken away from where it is. Secrets stay as they are, and runs
        go on. It can be moved back at any time while the keychain is unlocked.
      </p>
      {to === "keychain" ? (
        <p>Where the keychain is locked or away at a start, the vault is locked until it is there.</p>
      ) : null}
      <p className="quiet">{worth}</p>
      {move.failure === null ? null : <FailureNotice failure={move.failure} what="The master key was not moved" />}
    </ConfirmDialog>
  );
}
