import type { Readable } from "node:stream";
import { createLogFile, type LogFile } from "./log-file.ts";
import type { AttemptBounds, RunnerReport } from "./messages.ts";

/** A log that grows is reported at most once in so many milliseconds. */
const GREW_MS = 20;

export interface LogSurroundings {
  readonly report: (report: RunnerReport) => void;
  readonly now: () => Date;
}

/** The log of an attempt; that it grows is reported. */
export function createRunLog(bounds: AttemptBounds, { report, now }: LogSurroundings): LogFile {
  const { attemptId, logFile, logLimitBytes } = bounds;
  return createLogFile({
    file: logFile,
    limitBytes: logLimitBytes,
    now,
    onGrew: atMostEvery(GREW_MS, () => report({ type: "grew", attemptId })),
  });
}

/** Masks what a stream brings and hands it to the log. While the disk is behind, whoever writes has to wait. */
export function capture(
  readable: Readable | null,
  stream: "stdout" | "stderr",
  log: LogFile,
  mask: (chunk: Buffer) => Buffer,
): void {
  if (!readable) return;
  // A pipe that breaks has ended.
  readable.on("error", () => undefined);
  readable.on("data", (chunk: Buffer) => {
    log.append(stream, mask(chunk));
    const ready = log.ready();
    if (!ready) return;
    readable.pause();
    void ready.then(() => readable.resume());
  });
}

/** Does the work at once, and what comes too soon after it in one go at the end of the interval. */
function atMostEvery(intervalMs: number, work: () => void): () => void {
  let timer: NodeJS.Timeout | null = null;
  let again = false;
  const act = () => {
    again = false;
    work();
    timer = setTimeout(() => {
      timer = null;
      if (again) act();
    }, intervalMs);
    timer.unref();
  };
  return () => {
    if (timer) again = true;
    else act();
  };
}
