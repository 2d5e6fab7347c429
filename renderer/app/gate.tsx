import { useState } from "react";
import type { ReactNode } from "react";
import { useConnection, useConnectionState } from "../data/panel-context.tsx";
import { Button } from "../ui/button.tsx";
import { Mark } from "../ui/mark.tsx";
import { Notice } from "../ui/notice.tsx";
import "./gate.css";

/** Attempts after which a first connection that does not come is a loss. */
const PATIENCE = 3;

/**
 * Shows the panel once there is a connection, and keeps it from then on: a connection that is lost later is said by the
 * frame, and nothing that was typed goes away.
 */
export function Gate({ children }: { readonly children: ReactNode }) {
  const connection = useConnection();
  const state = useConnectionState();
  const [entered, setEntered] = useState(false);
  if (state.kind === "open" && !entered) setEntered(true);
  if (entered || state.kind === "open") return children;
  if (state.kind === "closed") {
    return (
      <main className="gate">
        <h1 className="unseen">Paperclip Desktop</h1>
        <Notice
          title="This browser needs a link"
          next="A link lets one browser in, once. Get a fresh one with `paperclip-desktop open`, or in the project's folder with `npm run --silent cli -- open`."
          actions={<Button onPress={() => connection.retry()}>Try again</Button>}
        />
      </main>
    );
  }
  return (
    <main className="gate">
      <h1 className="unseen">Paperclip Desktop</h1>
      {state.kind === "lost" && state.attempt >= PATIENCE ? (
        <Notice
          tone="bad"
          title="Paperclip Desktop does not answer"
          next="It is asked again by itself. If it was stopped, start it as before."
          actions={<Button onPress={() => connection.retry()}>Connect now</Button>}
        />
      ) : (
        <p role="status">
          <Mark state="starting">Connecting</Mark>
        </p>
      )}
    </main>
  );
}
