import type { Status } from "../../preload/contract/system.ts";
import type { Client, Connection } from "../transport.ts";
import { NextStep } from "../ui/next-step.tsx";
import { Notice } from "../ui/notice.tsx";
import { StateDot } from "../ui/state-dot.tsx";
import type { Tone } from "../ui/state-dot.tsx";
import { Home } from "./home.tsx";
import { useAnswer, useConnection } from "./live.ts";

/** The whole page: what the connection allows to be shown. */
export function Frame({ connection }: { readonly connection: Connection }) {
  const state = useConnection(connection);
  switch (state.kind) {
    case "open":
      return <Panel client={state.client} />;
    case "connecting":
      return (
        <main className="alone">
          <Notice title="Connecting …" />
        </main>
      );
    case "lost":
      return (
        <main className="alone">
          <Notice
            tone="bad"
            title="The connection to Paperclip Desktop is lost"
            action={{ label: "Connect now", act: () => connection.retry() }}
          >
            It stopped, or is being restarted. The panel connects again by itself
            {state.attempt > 3 ? (
              <>
                ; if it was stopped, start it with <code>paperclip-desktop serve</code>
              </>
            ) : null}
            .
          </Notice>
        </main>
      );
    case "closed":
      return (
        <main className="alone">
          <Notice title="This browser needs a link" action={{ label: "Try again", act: () => connection.retry() }}>
            A link lets one browser in, once. Get a fresh one with <code>paperclip-desktop open</code>.
          </Notice>
        </main>
      );
  }
}

function Panel({ client }: { readonly client: Client }) {
  const status = useAnswer(client, readStatus, ["status", "runs"]);
  return (
    <div className="frame">
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <aside className="sidebar">
        <p className="product">Paperclip Desktop</p>
        <nav aria-label="Sections">
          <a href="#content" aria-current="page">
            Home
          </a>
        </nav>
        <Health status={status.value} error={status.error} />
      </aside>
      <main id="content" className="content" tabIndex={-1}>
        <h1>Home</h1>
        {status.value && status.value.problems.length > 0 ? <Problems problems={status.value.problems} /> : null}
        <Home client={client} />
      </main>
    </div>
  );
}

const readStatus = (client: Client, signal: AbortSignal): Promise<Status> =>
  client.system.status(undefined, { signal });

/** Database, vault and scheduler: three quiet dots, each with its words. */
function Health({ status, error }: { readonly status: Status | null; readonly error: string | null }) {
  if (status === null) {
    return <output className="health">{error ?? "Asking how things are …"}</output>;
  }
  const { database, vault, scheduler } = status;
  return (
    <ul className="health" aria-label="State" aria-live="polite">
      <li>
        <StateDot tone={toneOf(database.state)} label="Database" state={database.state} />
      </li>
      <li>
        <StateDot tone={toneOf(vault.state)} label="Vault" state={vault.state} />
      </li>
      <li>
        <StateDot tone={toneOf(scheduler.state)} label="Scheduler" state={scheduler.state} />
      </li>
    </ul>
  );
}

function toneOf(state: string): Tone {
  if (state === "ready") return "good";
  if (["failed", "locked", "stopped"].includes(state)) return "bad";
  return ["starting", "restarting", "recovering"].includes(state) ? "busy" : "quiet";
}

function Problems({ problems }: { readonly problems: Status["problems"] }) {
  return (
    <section aria-labelledby="needs-you">
      <h2 id="needs-you">Needs you ({problems.length})</h2>
      <ul className="problems">
        {problems.map(({ area, code, message, next }) => (
          <li key={`${area} ${code} ${message}`}>
            <span className="mark bad" aria-hidden="true">
              ✕
            </span>
            <p>
              {message}
              {next === null ? null : <NextStep text={next} />}
            </p>
          </li>
        ))}
      </ul>
    </section>
  );
}
