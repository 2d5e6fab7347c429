import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Answered } from "../../data/answered.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { useStatus } from "../../data/status.ts";
import { buttonClass } from "../../ui/button.tsx";
import { Notice } from "../../ui/notice.tsx";

/** Says what a locked vault means here and the ways back; nothing while it is open. */
export function VaultNotice() {
  return useStatus()?.vault.state === "locked" ? <Locked /> : null;
}

function Locked() {
  const query = useQuery(useQueries().secrets.health.queryOptions());
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
              <Link to="/settings" search={{ section: "secrets" }} className={buttonClass()}>
                Open vault settings
              </Link>
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
          </Notice>
        );
      }}
    </Answered>
  );
}
