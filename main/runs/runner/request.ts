import http from "node:http";
import https from "node:https";
import { type Masker, maskStream, maskTable } from "../../record/masking.ts";
import { connectionProblem, endpointOf } from "../../work/adapters/connection-problem.ts";
import { type FilledRequest, fillRequest } from "../../work/adapters/fill-request.ts";
import type { Execution } from "./execution.ts";
import type { AttemptProblem, Outcome, SendRequest } from "./messages.ts";
import { capture, createRunLog, type LogSurroundings } from "./run-log.ts";

/** Where nothing comes for so long, the system asks whether the other side is still there. */
const KEEP_ALIVE_MS = 60_000;

/** What a request says of itself unless its configuration says otherwise. */
const OWN_HEADERS = { "user-agent": "paperclip-desktop", accept: "*/*" };

const ENDED = "The connection was closed. Whether the service goes on with its work is up to the service.";

/**
 * Executes one attempt that is a request: fills it, sends it, and writes what comes back into the log, masked, while it
 * comes. The outcome never rejects for what a service does.
 *
 * Made with node:http, not with fetch, which gives up after five minutes without an answer, whatever the run may take,
 * unpacks what it gets, and follows redirects unless told otherwise. One connection for one request, through no proxy.
 */
export function sendRequest(request: SendRequest, surroundings: LogSurroundings): Execution {
  const { plan, timeoutMs } = request;
  const url = new URL(plan.url);
  const log = createRunLog(request, surroundings);
  const table = maskTable(request.secretValues);
  const maskers: Masker[] = [];
  const newMasker = () => {
    const masker = maskStream(table);
    maskers.push(masker);
    return masker;
  };
  /** What is said in words of our own may hold words of the other side. */
  const masked = (text: string) => {
    const masker = newMasker();
    return Buffer.concat([masker.push(Buffer.from(text)), masker.end()]).toString();
  };

  let reason: "cancelled" | "timed_out" | null = null;
  let isOver = false;
  let close: () => void = () => undefined;
  const end = (why: "cancelled" | "timed_out", note: string) => {
    if (isOver || reason !== null) return;
    reason = why;
    log.note(note);
    log.note(ENDED);
    close();
  };
  const timer =
    timeoutMs === null
      ? undefined
      : setTimeout(() => end("timed_out", `The run took longer than ${timeoutMs / 1000} s and was ended.`), timeoutMs);

  /** Sends what is filled in, and resolves when the answer is over or the connection is closed: with null where it counts. */
  function exchanged(filled: FilledRequest): Promise<AttemptProblem | null> {
    return new Promise((resolve) => {
      const body = Buffer.from(filled.body);
      const sent = (url.protocol === "https:" ? https : http).request(url, {
        method: plan.method,
        agent: false,
        rejectUnauthorized: true,
        headers: {
          ...OWN_HEADERS,
          ...Object.fromEntries(filled.headers.map(([name, value]) => [name.toLowerCase(), value])),
          // A value is not found in what is compressed.
          "accept-encoding": "identity",
          "content-length": body.length,
        },
      });
      close = () => sent.destroy();
      sent.on("socket", (socket) => socket.setKeepAlive(true, KEEP_ALIVE_MS));
      let hasAnswer = false;
      sent.on("error", (error) => {
        // What breaks off later is an answer that is not complete.
        if (!hasAnswer) resolve(connectionProblem(error, url));
      });
      sent.on("close", () => {
        if (!hasAnswer) resolve(connectionProblem(LOST, url));
      });
      sent.on("response", (answer) => {
        hasAnswer = true;
        void written(answer).then(resolve);
      });
      sent.end(body);
    });
  }

  /** Writes an answer into the log while it comes: its body as output where it counts, else as what was said of an error. */
  function written(answer: http.IncomingMessage): Promise<AttemptProblem | null> {
    const { statusCode: status = 0, httpVersion, statusMessage = "" } = answer;
    log.note(masked(`HTTP/${httpVersion} ${status} ${statusMessage}`.trim()));
    const problem = problemOf(answer.headers, status);
    const stream = problem === null ? "stdout" : "stderr";
    const masker = newMasker();
    if (problem?.code === "answer_encoded") answer.destroy();
    else capture(answer, stream, log, (chunk) => masker.push(chunk));
    answer.on("error", () => undefined);
    return new Promise((resolve) => {
      answer.on("close", () => {
        log.append(stream, masker.end());
        log.endStream(stream);
        resolve(problem ?? (answer.complete ? null : connectionProblem(LOST, url)));
      });
    });
  }

  function problemOf(headers: http.IncomingHttpHeaders, status: number): AttemptProblem | null {
    const { shown } = endpointOf(url);
    const encoding = headers["content-encoding"] ?? "identity";
    if (encoding.trim().toLowerCase() !== "identity") {
      return {
        code: "answer_encoded",
        message: `${shown} answered in a compressed form, which was not asked for and is not read: no secret could be masked in it.`,
        next: "Let the service answer without compression (Content-Encoding).",
      };
    }
    if (plan.expectStatus === null ? status >= 200 && status <= 299 : status === plan.expectStatus) return null;
    const words = `${status} ${http.STATUS_CODES[status] ?? ""}`.trim();
    if (status >= 300 && status <= 399 && headers.location !== undefined) {
      return {
        code: "http_redirect",
        message: `${shown} answered ${words} and sends on to ${hostOf(masked(headers.location)) ?? shown}.`,
        next: "Redirects are not followed, because they would carry headers to another place. Where that place is to be trusted, write its URL into the agent's configuration.",
      };
    }
    const wanted = plan.expectStatus === null ? "a status from 200 to 299" : `the status ${plan.expectStatus}`;
    return {
      code: "http_status",
      message: `${shown} answered ${words}, and ${wanted} was expected.`,
      next: adviceFor(status),
    };
  }

  async function executed(): Promise<Outcome> {
    log.note(masked(`${plan.method} ${plan.url}`));
    const filled = fillRequest(plan, request.env, request.facts);
    const problem = filled.ok ? await exchanged(filled.request) : filled.problem;
    isOver = true;
    clearTimeout(timer);
    return {
      end: reason ?? "answered",
      pid: null,
      exitCode: null,
      signal: null,
      problem: reason === null ? problem : null,
      log: await log.close(maskers.reduce((sum, masker) => sum + masker.hits(), 0)),
      valueHits: request.secretValues.map((_, place) =>
        maskers.reduce((sum, masker) => sum + (masker.hitsByValue()[place] ?? 0), 0),
      ),
      leftProcesses: 0,
    };
  }

  return { end, outcome: executed() };
}

/** An answer that broke off, whatever the system calls it. */
const LOST = Object.assign(new Error("the answer broke off"), { code: "ECONNRESET" });

/** The host in an address, as it is written there: a parser would change it, and no value would be found in it. */
function hostOf(masked: string): string | null {
  return /^(?:[a-z][a-z0-9+.-]*:)?\/\/(?:[^/?#]*@)?([^/?#]+)/i.exec(masked)?.[1] ?? null;
}

/** The next step after a status that does not count. */
function adviceFor(status: number): string {
  if (status === 401 || status === 403 || status === 407)
    return "Check the header that proves who is asking, and the secret that it is filled from.";
  if (status === 404 || status === 405 || status === 410)
    return "Check path and method in the agent's configuration. Some services know a URL only while a workflow is active.";
  if (status === 400 || status === 413 || status === 415 || status === 422)
    return "Compare the body with what the service takes. What it said is in the log.";
  if (status === 429) return "The service takes no more for now. Let the routine try again with a longer wait.";
  return "What the service said is in the log; its own log says more.";
}
