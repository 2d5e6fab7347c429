import type { Meta } from "@storybook/react-vite";
import type { RunDetail, RunFailure, RunStatus } from "../../../preload/contract/runs.ts";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import {
  aLogLine,
  aManifestEntry,
  anAttempt,
  anAttemptLog,
  aRun,
  aRunDetail,
  aRunningRun,
} from "../../stories/records/runs.ts";
import { aReadOnlyStatus } from "../../stories/records/system.ts";

export default { title: "Runs/Run" } satisfies Meta;

const place = `/runs/${idOf("run")}`;

const numbered = (text: string, number: number) => ({ ...aLogLine({ text }), number });
const lines = ["step 1 of 3: reading", "step 2 of 3: labelling", "step 3 of 3: writing", "token=***"].map(numbered);

function logOf(run: RunDetail, complete = true): Answers {
  return {
    "runs.get": run,
    "runs.logLines": ({ from, count }) => ({ lines: lines.slice(from, from + count), total: lines.length, complete }),
    "runs.follow": [],
  };
}

const shown = (run: RunDetail, tab = "log") =>
  panelStory({ place: tab === "log" ? place : `${place}?tab=${tab}`, answers: logOf(run, run.status !== "running") });

const failure = (code: string, message: string, more: Partial<RunFailure> = {}): RunFailure => ({
  code,
  message,
  next: null,
  layer: null,
  key: null,
  secretKey: null,
  ...more,
});

const ended = (status: RunStatus, reason: RunFailure | null, more: Partial<RunDetail> = {}) =>
  aRunDetail({ status, failure: reason, exitCode: null, ...more });

/** A run that never began. */
const unstarted = (status: RunStatus, more: Partial<RunDetail> = {}) =>
  aRunDetail({
    status,
    exitCode: null,
    attempts: 0,
    startedAt: null,
    completedAt: null,
    manifest: [],
    attemptList: [],
    ...more,
  });

const running = aRunningRun();
const exited = failure("exit_code", "The process ended with exit code 1.");
const aSecretFailure = (code: string, message: string) =>
  failure(code, message, { layer: "routine", key: "GH_TOKEN", secretKey: "gh-token", next: "Mend the secret." });

export const Succeeded = shown(aRunDetail());
export const Running = shown({
  ...running,
  attemptList: [
    anAttempt({
      status: "running",
      startedAt: running.startedAt,
      finishedAt: null,
      exitCode: null,
      log: null,
      leftProcesses: null,
    }),
  ],
});
export const Queued = shown(unstarted("queued"));
export const Failed = shown(aRunDetail({ status: "failed", exitCode: 1, failure: exited }));
export const Signalled = shown(ended("failed", failure("signal", "The process ended by SIGSEGV.")));
export const TimedOut = shown(
  ended("timed_out", failure("timed_out", "The run took longer than its time-out and was ended.")),
);
export const Cancelled = shown(ended("cancelled", failure("cancelled", "The run was cancelled.")));
export const Interrupted = shown(
  ended(
    "interrupted",
    failure("interrupted", "The run was interrupted: the app that executed it ended before the run did."),
  ),
);
export const EndedWithTheApp = shown(
  ended("interrupted", failure("owner_stopped", "The run was ended because the app was stopped.")),
);
export const RunnerDied = shown(
  ended(
    "interrupted",
    failure("runner_died", "The run was interrupted: the process that supervised it ended unexpectedly."),
  ),
);
export const Unexpected = shown(
  ended(
    "interrupted",
    failure("unexpected", "The run was interrupted by an unexpected error before its process was started."),
  ),
);
export const SheetMissing = shown(
  ended("failed", failure("sheet_missing", "The run was not started: what it was pinned to at dispatch is not there.")),
);
export const Coalesced = shown(
  unstarted("coalesced", { coalescedIntoRunId: idOf("run", 2), completedAt: minutesAgo(180) }),
);
export const Skipped = shown(
  unstarted("skipped", {
    failure: failure("skipped", "Another run of the routine was active."),
    completedAt: minutesAgo(180),
  }),
);
export const Held = shown(
  unstarted("held", { heldReason: "1 slot was missed by more than the grace of 5 min: the machine was asleep." }),
);

export const SecretDisabled = shown(
  ended("failed", aSecretFailure("secret_inactive", 'GH_TOKEN (routine): secret "gh-token" is disabled.')),
);
export const SecretMissing = shown(
  ended("failed", aSecretFailure("secret_missing", 'GH_TOKEN (routine): secret "gh-token" does not exist.')),
);
export const VersionInactive = shown(
  ended(
    "failed",
    aSecretFailure("version_inactive", 'GH_TOKEN (routine): version 3 of secret "gh-token" is disabled or destroyed.'),
  ),
);
export const BindingMissing = shown(
  ended(
    "failed",
    aSecretFailure("binding_missing", 'GH_TOKEN (routine): the routine is not bound to secret "gh-token".'),
  ),
);
export const VaultLocked = shown(
  ended(
    "failed",
    aSecretFailure("vault_locked", 'GH_TOKEN (routine): secret "gh-token" cannot be read while the vault is locked.'),
  ),
);
export const EnvTooLarge = shown(
  ended(
    "failed",
    failure("env_too_large", "The env of the run is too large to start a process with.", {
      next: "Hand large values over as a file.",
    }),
  ),
);
export const CommandMissing = shown(
  ended(
    "failed",
    failure("command_missing", "The process was not started: the command triage was not found on PATH.", {
      next: "Install the command, or name it by its full path.",
    }),
  ),
);

const waiting = aRunDetail({
  ...aRun({ status: "queued", exitCode: 1, completedAt: null, attempts: 2, maxAttempts: 3, notBefore: minutesAgo(-2) }),
  attemptList: [
    anAttempt({ status: "failed", exitCode: 1, failure: exited }),
    anAttempt({
      id: idOf("attempt", 2),
      attempt: 2,
      status: "failed",
      exitCode: 1,
      failure: exited,
      startedAt: minutesAgo(20),
      finishedAt: minutesAgo(18),
    }),
  ],
});
export const WaitsForItsNextAttempt = shown(waiting);
export const TimelineOfAttempts = shown(waiting, "timeline");
export const EnvironmentOfAnAttempt = shown(waiting, "environment");
export const DetailsOfAnAttempt = shown(waiting, "details");

export const NotTriedAgain = shown(
  aRunDetail({
    ...ended("failed", exited),
    attempts: 1,
    maxAttempts: 3,
    noRetry: "routine_paused",
    timeoutSeconds: 600,
    logLimitBytes: 1_048_576,
  }),
);

const log = { ...anAttemptLog(), bytes: 67_108_864, lines: 900_000, maskHits: 12 };
const full = anAttempt({ log: { ...log, droppedBytes: 5_000_000 } });
const removed = anAttempt({ log: { ...log, removedAt: minutesAgo(2_000), removedFor: "age" } });
const leaky = anAttempt({
  manifest: [
    aManifestEntry({ maskHits: 3 }),
    aManifestEntry({ key: "NPM_TOKEN", secretKey: "npm-publish", maskHits: 1 }),
  ],
});
export const LeakAlarm = shown(aRunDetail({ attemptList: [leaky] }));
export const EnvironmentWithLeaks = shown(aRunDetail({ attemptList: [leaky] }), "environment");
export const LogWasFull = shown(aRunDetail({ attemptList: [full] }));
export const LogIsGone = panelStory({
  place,
  answers: {
    "runs.get": aRunDetail(),
    "runs.logLines": refused("log_missing", "The log of this attempt is not there any more."),
  },
});
export const LogWasRemoved = shown(aRunDetail({ attemptList: [removed] }));
export const LogIsEmpty = panelStory({
  place,
  answers: { "runs.get": aRunDetail(), "runs.logLines": { lines: [], total: 0, complete: true } },
});
export const LogLoading = panelStory({ place, answers: { "runs.get": aRunDetail(), "runs.logLines": pending } });
export const LogFailing = panelStory({ place, answers: { "runs.get": aRunDetail(), "runs.logLines": databaseDown } });

export const Loading = panelStory({ place, answers: { "runs.get": pending } });
export const Failing = panelStory({ place, answers: { "runs.get": databaseDown } });
export const NotFound = panelStory({ place, answers: { "runs.get": refused("run_missing", "There is no such run.") } });
export const ReadOnly = panelStory({ place, answers: { ...logOf(aRunDetail()), "system.status": aReadOnlyStatus() } });
export const ConnectionLost = panelStory({
  place,
  answers: logOf(aRunDetail()),
  connectionThen: { kind: "lost", attempt: 1 },
});
