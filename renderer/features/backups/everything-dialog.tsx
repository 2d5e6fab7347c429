import { useRef, useState } from "react";
import type { WholeBackup } from "../../../preload/contract/backups.ts";
import {
  judgePassphrase,
  makePassphrase,
  PASSPHRASE_CHANCE_BYTES,
  type PassphraseStrength,
} from "../../../preload/rules/passphrase.ts";
import { useDownloads } from "../../data/downloads.ts";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Checkbox, Form, Select } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { KeepingWays } from "../../ui/sheet.tsx";
import { say } from "../../ui/toast.tsx";
import { useVaultKeys } from "../secrets/use-vault-keys.ts";
import { fileNameOf } from "./backup-words.ts";
import { PassphraseSheet } from "./passphrase-sheet.tsx";
import { useWork } from "./use-backups.ts";
import { WorkNotice } from "./work-notice.tsx";

type To = "passphrase" | "recovery";

/** Takes a full backup: what opens it, how far it is, and what to keep of it. */
export function EverythingDialog({ isOpen, onClose }: { readonly isOpen: boolean; onClose(): void }) {
  return isOpen ? <Everything onClose={onClose} /> : null;
}

function Everything({ onClose }: { onClose(): void }) {
  const client = useClient();
  const work = useWork();
  const [taken, setTaken] = useState<WholeBackup | null>(null);
  const [made, setMade] = useState(false);
  const [asking, setAsking] = useState(false);
  /** The passphrase while the dialog is open: in no state and no property. */
  const held = useRef("");
  /** Whether the dialog was left: what goes on then says on the screen how it ended. */
  const left = useRef(false);
  const take = useAction(async (to: To) => {
    try {
      return await client.backups.takeFull(to === "passphrase" ? { passphrase: held.current } : {});
    } catch (error) {
      if (left.current) say(`Nothing was backed up. ${failureOf(error).message}`);
      throw error;
    }
  });
  const close = () => {
    left.current = true;
    held.current = "";
    onClose();
  };
  const start = async (to: To, passphrase: string, isMade: boolean) => {
    held.current = passphrase;
    setMade(isMade);
    const backup = await take.run(to);
    if (left.current && backup !== null) say(`Everything is backed up: ${fileNameOf(backup)}.`);
    setTaken(backup);
  };
  if (taken !== null) {
    return (
      <Dialog title="Everything is backed up" isOpen onClose={made ? () => setAsking(true) : close}>
        <Taken backup={taken} isMade={made} read={() => held.current} onClose={close} />
        <ConfirmDialog
          title="Is the passphrase kept?"
          confirm="I have kept it"
          isOpen={asking}
          onConfirm={close}
          onClose={() => setAsking(false)}
        >
          It was made here, stands nowhere else, and is not shown again. Without it nobody opens this backup.
        </ConfirmDialog>
      </Dialog>
    );
  }
  return (
    <Dialog title="Back up everything" isOpen onClose={close}>
      {take.pending && work !== null ? <WorkNotice work={work} /> : null}
      <Choice
        pending={take.pending}
        errors={take.fieldErrors}
        onStart={(to, text, isMade) => void start(to, text, isMade)}
        onClose={close}
      >
        {take.failure === null ? null : <FailureNotice failure={take.failure} what="Nothing was backed up" />}
      </Choice>
    </Dialog>
  );
}

interface ChoiceProps {
  readonly pending: boolean;
  readonly errors: Readonly<Record<string, string>>;
  /** `isMade`: nobody has chosen the passphrase and knows it by heart. */
  onStart(to: To, passphrase: string, isMade: boolean): void;
  onClose(): void;
  readonly children: React.ReactNode;
}

function Choice({ pending, errors, onStart, onClose, children }: ChoiceProps) {
  const readOnly = useReadOnly();
  const recovery = useVaultKeys().data?.recovery ?? null;
  const [to, setTo] = useState<To>("passphrase");
  const [judged, setJudged] = useState<PassphraseStrength | null>(null);
  /** Whether what stands in the field was made here; a backup begins once that is kept. */
  const [made, setMade] = useState(false);
  const [kept, setKept] = useState(false);
  const field = useRef<SecretFieldHandle>(null);
  const judge = () => {
    const text = field.current?.read() ?? "";
    setJudged(text === "" ? null : judgePassphrase(text));
  };
  const make = () => {
    const chance = crypto.getRandomValues(new Uint8Array(PASSPHRASE_CHANCE_BYTES));
    field.current?.fill(makePassphrase(chance));
    field.current?.show();
    setMade(true);
    setKept(false);
    judge();
  };
  const refused = to === "passphrase" && (judged === null || judged.strength === "refused" || (made && !kept));
  return (
    <Form
      validationErrors={errors}
      onSubmit={(event) => {
        event.preventDefault();
        if (!refused && !pending) onStart(to, field.current?.read() ?? "", to === "passphrase" && made);
      }}
    >
      <p>
        One encrypted file with the database, the master key, settings, workspaces, uploads and logs of runs. A lost
        machine comes back from it alone; nobody opens it without what is chosen here, this app neither.
      </p>
      <Select
        name="to"
        label="Opened by"
        options={[
          { id: "passphrase", label: "A passphrase" },
          ...(recovery === null ? [] : [{ id: "recovery", label: "The recovery code in force" }]),
        ]}
        selectedKey={to}
        onSelectionChange={(key) => {
          setTo(key === "recovery" ? "recovery" : "passphrase");
          // The field begins empty again.
          setJudged(null);
          setMade(false);
        }}
      />
      {to === "recovery" ? (
        <p className="quiet">
          The code that was made for the master key opens it, from wherever it is kept. Test it once more if in doubt:
          Settings, Vault.
        </p>
      ) : (
        <>
          <SecretField
            ref={field}
            label="Passphrase"
            autoFocus
            error={errors["passphrase"]}
            help="At least 12 characters; four words that have nothing to do with each other are good. It is kept nowhere."
            isDisabled={pending}
            onEdit={() => {
              setMade(false);
              judge();
            }}
          />
          <div className="backups-strength">
            <Strength judged={judged} />
            <Button variant="quiet" isDisabled={pending} onPress={make}>
              Make one
            </Button>
          </div>
          {made ? (
            <Keep read={() => field.current?.read() ?? ""} isKept={kept} isDisabled={pending} onKept={setKept} />
          ) : null}
        </>
      )}
      {children}
      {readOnly === null ? null : <p className="field-error">{readOnly}</p>}
      <DialogActions>
        <Button onPress={onClose}>{pending ? "Close" : "Cancel"}</Button>
        <Button type="submit" variant="primary" isPending={pending} isDisabled={refused}>
          Back up everything
        </Button>
      </DialogActions>
    </Form>
  );
}

interface KeepProps {
  readonly read: () => string;
  readonly isKept: boolean;
  readonly isDisabled: boolean;
  onKept(kept: boolean): void;
}

/** A passphrase that was made is kept before there is a file that nothing else opens. */
function Keep({ read, isKept, isDisabled, onKept }: KeepProps) {
  const downloads = useDownloads();
  return (
    <div className="backups-keep">
      <KeepingWays
        what="passphrase"
        read={read}
        file={downloads ? { name: "paperclip-full.passphrase.txt", text: () => `${read()}\n` } : null}
      />
      <Checkbox isSelected={isKept} isDisabled={isDisabled} onChange={onKept}>
        It is written down or saved, apart from the backup
      </Checkbox>
    </div>
  );
}

const STRENGTHS = {
  refused: ["error", "Cannot be used."],
  weak: ["warn", "Weak."],
  fair: ["ok", "Fair."],
  strong: ["ok", "Strong."],
} as const;

function Strength({ judged }: { readonly judged: PassphraseStrength | null }) {
  if (judged === null) return <span className="quiet">How hard it is to guess is shown here.</span>;
  const [state, word] = STRENGTHS[judged.strength];
  return (
    <span role="status">
      <Mark state={state}>
        {word} {judged.advice}
      </Mark>
    </span>
  );
}

interface TakenProps {
  readonly backup: WholeBackup;
  readonly isMade: boolean;
  readonly read: () => string;
  onClose(): void;
}

function Taken({ backup, isMade, read, onClose }: TakenProps) {
  const left = backup.full?.leftOutCount ?? 0;
  return (
    <>
      <p>
        It is <code>{fileNameOf(backup)}</code> in the folder <code>data/backups</code> of the instance. Copy it to
        another machine or disk: beside the app it does not survive what the app does not survive.
      </p>
      {left === 0 ? null : (
        <p className="quiet">
          {left === 1 ? "One entry was left out" : `${left.toLocaleString("en")} entries were left out`}; which and why
          stands in <code>left-out.json</code> inside, and is told when it is verified.
        </p>
      )}
      {backup.full?.openedBy === "recovery" ? (
        <Notice title="It opens with the recovery code in force" next="Keep the code as long as the file is kept." />
      ) : (
        <>
          <p>Keep the passphrase now, apart from the file: it is not shown again once this is closed.</p>
          <PassphraseSheet read={read} backup={backup} />
        </>
      )}
      <DialogActions>
        <Button variant="primary" onPress={onClose}>
          {isMade ? "I have kept it" : "Close"}
        </Button>
      </DialogActions>
    </>
  );
}
