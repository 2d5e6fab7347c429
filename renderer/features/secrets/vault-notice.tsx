import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { KeyRound } from "lucide-react";
import { useState } from "react";
import type { VaultKeys } from "../../../preload/contract/vault-keys.ts";
import { Answered } from "../../data/answered.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useReadOnly, useStatus } from "../../data/status.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { OpenVaultDialog } from "./open-vault-dialog.tsx";
import { useVaultKeys } from "./use-vault-keys.ts";

/** Says what a locked vault means here and the ways back, the recovery code first; nothing while it is open. */
export function VaultNotice() {
  const locked = useStatus()?.vault.state === "locked";
  const [opening, setOpening] = useState(false);
  return (
    <>
      {locked ? <Locked onOpen={() => setOpening(true)} /> : null}
      <OpenVaultDialog isOpen={opening} onClose={() => setOpening(false)} />
    </>
  );
}

function Locked({ onOpen }: { onOpen(): void }) {
  const query = useQuery({ ...useQueries().secrets.health.queryOptions(), refetchOnMount: "always" });
  const keys = useVaultKeys().data;
  const readOnly = useReadOnly();
  const byCode = keys !== undefined && opensByCode(keys);
  return (
    <Answered query={query} what="The state of the vault cannot be shown" loading={null}>
      {({ expectedKeyId, findings }) => {
        const cause = findings.findLast(({ level }) => level === "error");
        return (
          <Notice
            tone="bad"
            title="The vault is locked: no secret can be created, rotated or given to a run"
            next={cause?.next}
            actions={
              <>
                {byCode ? (
                  <Button variant="primary" icon={KeyRound} isDisabled={readOnly !== null} onPress={onOpen}>
                    Open with recovery code
                  </Button>
                ) : null}
                <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
                  Open vault settings
                </Link>
              </>
            }
          >
            {cause?.message ?? "Its master key is not there."}
            {expectedKeyId === null || cause?.message.includes(expectedKeyId) ? null : (
              <>
                {" "}
                The key that is expected: <code>{expectedKeyId}</code>.
              </>
            )}{" "}
            Everything else works; secrets can still be disabled, archived and deleted.
            {keys === undefined ? null : <p>{codeText(keys)}</p>}
          </Notice>
        );
      }}
    </Answered>
  );
}

/** Whether the recovery code can open the vault as it is locked now. A key in the environment wins over any other. */
export function opensByCode({ state, recovery, custody }: VaultKeys): boolean {
  return state === "locked" && recovery !== null && custody !== "environment";
}

/** What the recovery code can do about a vault that is locked. */
export function codeText({ recovery, custody }: VaultKeys): string {
  if (recovery === null) return "No recovery code was made, so the key itself is the only way back.";
  return custody === "environment"
    ? "The recovery code opens the vault once PAPERCLIP_SECRETS_MASTER_KEY is unset and the app is started again."
    : "The recovery code opens the vault, without a restart.";
}
