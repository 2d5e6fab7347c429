import { Link } from "@tanstack/react-router";
import { useStoredChoice } from "../../data/stored.ts";
import { Button, buttonClass } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";
import { useVaultKeys } from "./use-vault-keys.ts";

/** Says once that there are secrets and no recovery code. Whoever does not want to hear it is not told again in this browser. */
export function RecoveryReminder() {
  const [told, setTold] = useStoredChoice("recovery.reminder", ["due", "dismissed"]);
  return told === "due" ? <Reminder onDismiss={() => setTold("dismissed")} /> : null;
}

function Reminder({ onDismiss }: { onDismiss(): void }) {
  const keys = useVaultKeys().data;
  // A key is there from the first secret on.
  if (keys?.state !== "ready" || keys.recovery !== null) return null;
  return (
    <Notice
      title="There is no recovery code yet"
      actions={
        <>
          <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
            Open vault settings
          </Link>
          <Button variant="quiet" onPress={onDismiss}>
            Dismiss
          </Button>
        </>
      }
    >
      Where the master key is lost, no secret can be read any more. A recovery code opens the vault then.
    </Notice>
  );
}
