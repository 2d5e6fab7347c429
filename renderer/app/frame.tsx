import { useQuery } from "@tanstack/react-query";
import { Link, Navigate, Outlet, useRouter, useRouterState } from "@tanstack/react-router";
import { useEffect, useState } from "react";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import { CompanyContext } from "../data/company.tsx";
import { FailureNotice } from "../data/failure-notice.tsx";
import { failureOf } from "../data/failure.ts";
import { useLiveAnswers } from "../data/live.ts";
import { useConnection, useConnectionState, useQueries } from "../data/panel-context.tsx";
import { useStatus } from "../data/status.ts";
import { readStoredText, writeStored } from "../data/stored.ts";
import { CompanyForm } from "../features/first-run/company-form.tsx";
import { HeldNotice } from "../features/backups/held-notice.tsx";
import { Button, buttonClass } from "../ui/button.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { focusHeading } from "../ui/focus-heading.ts";
import { isChord } from "../ui/kbd.tsx";
import { Mark } from "../ui/mark.tsx";
import { Notice } from "../ui/notice.tsx";
import { Toasts } from "../ui/toast.tsx";
import { Palette } from "./palette.tsx";
import { useShellCommands } from "./shell-commands.ts";
import { Sidebar } from "./sidebar.tsx";
import { useNotifications } from "./use-notifications.ts";
import "./frame.css";

/** Everything around the screens: which company, where to, how things are. */
export function Frame() {
  useLiveAnswers();
  useNotifications();
  useFocusOnArrival();
  const companies = useQuery(useQueries().companies.list.queryOptions());
  // By what is shown, not by where it is going: on the way the old screen still stands.
  const welcoming = useShows("/welcome");
  const restoring = useShows("/backups");
  if (companies.data === undefined) {
    return (
      <main className="gate">
        <h1 className="unseen">Paperclip Desktop</h1>
        {companies.error === null ? (
          <p role="status">
            <Mark state="starting">Opening the instance</Mark>
          </p>
        ) : (
          <FailureNotice
            what="The companies cannot be shown"
            failure={failureOf(companies.error)}
            onRetry={() => void companies.refetch()}
          />
        )}
      </main>
    );
  }
  if (welcoming) {
    return (
      <>
        <OfTheMenu />
        <Banner />
        <Outlet />
        <Toasts />
      </>
    );
  }
  const [first] = companies.data.companies;
  if (first === undefined) return restoring ? <WithoutCompany /> : <Navigate to="/welcome" replace />;
  return <Panel companies={companies.data.companies} first={first} />;
}

function useShows(place: "/welcome" | "/backups"): boolean {
  return useRouterState({ select: (state) => state.matches.some(({ routeId }) => routeId === place) });
}

/** Backups, before there is a company: a machine that was lost comes back from one, with its companies. */
function WithoutCompany() {
  return (
    <div className="frame frame-alone">
      <OfTheMenu />
      <div className="frame-banner">
        <Banner />
      </div>
      <main id="content" className="frame-content" tabIndex={-1}>
        <nav className="frame-alone-way" aria-label="Way back">
          <Link to="/welcome">Back to the first steps</Link>
        </nav>
        <Outlet />
      </main>
      <Toasts />
    </div>
  );
}

/** Goes where the menu says; there is nothing to search for yet. */
function OfTheMenu() {
  useShellCommands(() => undefined);
  return null;
}

function Panel({ companies, first }: { readonly companies: readonly CompanyRecord[]; readonly first: CompanyRecord }) {
  const [chosenId, setChosenId] = useState(() => readStoredText("company"));
  const [searching, setSearching] = useState(false);
  const [founding, setFounding] = useState(false);
  const router = useRouter();
  const status = useStatus();
  const company = companies.find(({ id }) => id === chosenId) ?? first;
  // The company changes on arrival: a screen with unsaved input may still keep the operator.
  const switchTo = (id: string) => void router.navigate({ to: "/", state: { company: id } });
  useEffect(
    () =>
      router.subscribe("onResolved", ({ toLocation }) => {
        const { company: arrived } = toLocation.state;
        if (arrived === undefined) return;
        writeStored("company", arrived);
        setChosenId(arrived);
      }),
    [router],
  );
  useShellCommands(() => setSearching(true));
  useEffect(() => {
    const listen = (event: KeyboardEvent) => {
      if (!isChord(event, "mod+k")) return;
      event.preventDefault();
      setSearching(true);
    };
    window.addEventListener("keydown", listen);
    return () => window.removeEventListener("keydown", listen);
  }, []);
  return (
    <CompanyContext value={company}>
      <div className="frame">
        <a
          className="frame-skip"
          href="#content"
          onClick={(event) => {
            // The fragment is the place of the panel; only the focus moves.
            event.preventDefault();
            document.getElementById("content")?.focus();
          }}
        >
          Skip to the content
        </a>
        <div className="frame-banner">
          <Banner />
        </div>
        <Sidebar
          companies={companies}
          company={company}
          onCompany={switchTo}
          onNewCompany={() => setFounding(true)}
          status={status}
          onSearch={() => setSearching(true)}
        />
        <main id="content" className="frame-content" tabIndex={-1}>
          <Outlet key={company.id} />
        </main>
        <Palette isOpen={searching} onClose={() => setSearching(false)} companies={companies} onCompany={switchTo} />
        <Dialog title="New company" isOpen={founding} onClose={() => setFounding(false)}>
          <p>It begins empty: nothing of another company is visible to it.</p>
          <CompanyForm
            onCreated={({ id }) => {
              setFounding(false);
              switchTo(id);
            }}
            onCancel={() => setFounding(false)}
          />
        </Dialog>
        <Toasts />
      </div>
    </CompanyContext>
  );
}

/** What is wrong with the whole panel: no connection, or nothing can be changed, or nothing starts by itself. Each screen says its own. */
function Banner() {
  const connection = useConnection();
  const state = useConnectionState();
  const status = useStatus();
  const ofBackups = useShows("/backups");
  if (state.kind === "lost" || state.kind === "connecting") {
    return (
      <Notice
        tone="bad"
        title="The connection to Paperclip Desktop is lost; what is shown may be old"
        next={
          state.kind === "lost" && state.attempt > 3
            ? "It is tried again by itself. If it was stopped, start it as before."
            : "It stopped, or is being restarted. It is tried again by itself."
        }
        actions={<Button onPress={() => connection.retry()}>Connect now</Button>}
      />
    );
  }
  if (state.kind === "closed") {
    return (
      <Notice
        tone="bad"
        title="Paperclip Desktop was started anew and does not know this browser; what is shown may be old"
        next="Open the link that it printed when it started, in another tab; then this one goes on where it was. `paperclip-desktop open`, or `npm run --silent cli -- open` in the project's folder, makes a fresh one."
        actions={<Button onPress={() => connection.retry()}>Connect now</Button>}
      />
    );
  }
  if (status?.readOnly) {
    const restoring = status.problems.some(({ area, code }) => area === "backups" && code === "read_only");
    return (
      <Notice
        tone="doubtful"
        title="Read-only: nothing can be changed now"
        next={status.readOnly}
        actions={
          restoring && !ofBackups ? (
            <Link to="/backups" className={buttonClass()}>
              Open backups
            </Link>
          ) : null
        }
      />
    );
  }
  if (status?.held) return <HeldNotice held={status.held} />;
  return null;
}

/**
 * Moves the focus to the heading of a place that was gone to, so that those who hear the page know where they are. A screen
 * may put another heading in place of the one it loaded under: the focus goes along, until a key or the pointer is used.
 */
function useFocusOnArrival(): void {
  const router = useRouter();
  useEffect(() => {
    const observer = new MutationObserver(() => {
      if (document.activeElement === document.body) focusHeading();
    });
    const leave = () => observer.disconnect();
    const unsubscribe = router.subscribe("onRendered", ({ pathChanged, fromLocation }) => {
      if (!pathChanged || fromLocation === undefined) return;
      // A pane that opens takes the focus itself, and one that closes hands it back to its row.
      if (document.activeElement?.closest(".page-split")) return;
      focusHeading();
      observer.observe(document.body, { childList: true, subtree: true });
    });
    window.addEventListener("keydown", leave, true);
    window.addEventListener("pointerdown", leave, true);
    return () => {
      unsubscribe();
      leave();
      window.removeEventListener("keydown", leave, true);
      window.removeEventListener("pointerdown", leave, true);
    };
  }, [router]);
}
