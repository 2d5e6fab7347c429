import { useState } from "react";
import type { SecretDetail } from "../../../preload/contract/secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form, TextField } from "../../ui/field.tsx";
import { say } from "../../ui/toast.tsx";
import { BlastView } from "./blast-view.tsx";

/** What is done to one version that routines may feel. */
export type VersionStep = "disable" | "destroy" | "rollback";

/** The step and its version that are asked about. */
export interface AskedVersion {
  readonly step: VersionStep;
  readonly version: number;
}

const STEPS = {
  disable: {
    call: "disableVersion",
    change: "disable_version",
    button: "Disable version",
    failed: "The version was not disabled",
  },
  destroy: {
    call: "destroyVersion",
    change: "destroy_version",
    button: "Destroy version",
    failed: "The version was not destroyed",
  },
  rollback: { call: "rollback", change: "rollback", button: "Roll back", failed: "The secret was not rolled back" },
} as const;

export interface VersionDialogProps {
  readonly secret: SecretDetail;
  readonly asked: AskedVersion | null;
  onClose(): void;
}

/** Asks before something is done to one version, and shows what it does to routines. */
export function VersionDialog({ secret, asked, onClose }: VersionDialogProps) {
  if (asked === null) return null;
  return (
    <Dialog title={titleOf(secret.key, asked)} isOpen onClose={onClose}>
      <Question secret={secret} asked={asked} onClose={onClose} />
    </Dialog>
  );
}

function Question({ secret, asked, onClose }: { readonly asked: AskedVersion } & Omit<VersionDialogProps, "asked">) {
  const { step, version } = asked;
  const { call, change, button, failed } = STEPS[step];
  const company = useCompany();
  const client = useClient();
  const [typed, setTyped] = useState("");
  const action = useAction(() => client.secrets[call]({ company: company.id, secret: secret.id, version }));
  const isNamed = step !== "destroy" || typed.trim() === secret.key;
  const submit = async () => {
    if (!isNamed) return;
    const after = await action.run(undefined);
    if (after === null) return;
    say(doneText(after, asked));
    onClose();
  };
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        void submit();
      }}
    >
      <p>{meaning(secret, asked)}</p>
      <BlastView secretId={secret.id} change={change} version={version} />
      {step === "destroy" ? (
        <TextField
          label={`Type ${secret.key} to confirm`}
          mono
          autoFocus
          autoComplete="off"
          value={typed}
          onChange={setTyped}
        />
      ) : null}
      {action.failure === null ? null : <FailureNotice failure={action.failure} what={failed} />}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          type="submit"
          variant={step === "rollback" ? "primary" : "danger"}
          isPending={action.pending}
          isDisabled={!isNamed}
        >
          {button}
        </Button>
      </DialogActions>
    </Form>
  );
}

function titleOf(key: string, { step, version }: AskedVersion): string {
  switch (step) {
    case "disable":
      return `Disable version ${version} of ${key}?`;
    case "destroy":
      return `Destroy version ${version} of ${key}?`;
    case "rollback":
      return `Roll ${key} back to version ${version}?`;
  }
}

function meaning({ latestVersion }: SecretDetail, { step, version }: AskedVersion): string {
  const newest = version === latestVersion ? " It is the newest one: latest never falls back to an older value." : "";
  switch (step) {
    case "disable":
      return `It is given to no run until it is enabled again.${newest}`;
    case "destroy":
      return `Its value is removed for good and cannot be brought back. Its number and its past stay.${newest}`;
    case "rollback":
      return `The value of version ${version} becomes version ${latestVersion + 1}. Versions in between stay as they are.`;
  }
}

function doneText({ key, latestVersion }: SecretDetail, { step, version }: AskedVersion): string {
  switch (step) {
    case "disable":
      return `Version ${version} of ${key} is disabled.`;
    case "destroy":
      return `Version ${version} of ${key} is destroyed.`;
    case "rollback":
      return `Secret ${key} is at version ${latestVersion}, with the value of version ${version}.`;
  }
}
