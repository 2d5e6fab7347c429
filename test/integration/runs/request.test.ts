import { execFileSync, fork } from "node:child_process";
import { randomUUID } from "node:crypto";
import { once } from "node:events";
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import net, { type AddressInfo } from "node:net";
import path from "node:path";
import { afterAll, afterEach, beforeAll, describe, expect, it } from "vitest";
import { readForward } from "../../../main/runs/log-reading.ts";
import { forkRunner } from "../../../main/runs/channel.ts";
import { createRunnerClient } from "../../../main/runs/runner-client.ts";
import type { Outcome, SendRequest } from "../../../main/runs/runner/messages.ts";
import type { RequestPlan } from "../../../main/work/adapters/adapter.ts";
import { httpAdapter } from "../../../main/work/adapters/http.ts";
import type { Facts } from "../../../main/work/adapters/request-template.ts";
import { silentLog, type TestRunner, testRunner, until } from "../../fixtures/runner.ts";

type Answer = (request: http.IncomingMessage, response: http.ServerResponse, body: string) => void;

let runner: TestRunner;
let server: http.Server;
let base: string;
let answer: Answer;
beforeAll(async () => {
  runner = await testRunner();
  server = http.createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => answer(request, response, Buffer.concat(chunks).toString()));
  });
  base = await listening(server);
});
afterEach(() => server.closeAllConnections());
afterAll(async () => {
  server.close();
  await runner.close();
});

async function listening(of: net.Server): Promise<string> {
  of.listen(0, "127.0.0.1");
  await once(of, "listening");
  return `http://127.0.0.1:${(of.address() as AddressInfo).port}`;
}

const facts = (attemptId: string): Facts => ({
  runId: "run",
  attempt: 1,
  companyId: "company",
  routineId: "routine",
  agentId: "agent",
  projectId: null,
  trigger: "manual",
  instructions: "Do it.",
  payload: { attemptId },
});

function sending(config: object, changes: Partial<SendRequest> = {}): SendRequest {
  const attemptId = randomUUID();
  return {
    type: "send",
    attemptId,
    plan: httpAdapter.plan({ url: `${base}/run`, ...config }, { cwd: "/" }) as RequestPlan,
    facts: facts(attemptId),
    env: {},
    secretValues: [],
    logFile: path.join(runner.directory, `${attemptId}.log`),
    logLimitBytes: 1024 * 1024,
    timeoutMs: null,
    ...changes,
  };
}

async function run(request: SendRequest): Promise<Outcome> {
  const outcome = await runner.client.execute(request);
  if (!outcome) throw new Error("the runner died");
  return outcome;
}
const linesOf = async (request: SendRequest) =>
  (await readForward(request.logFile, 0)).lines.map(({ stream, text }) => [stream, text]);

describe("a run that is a request", () => {
  it("sends headers and body filled in, and has the answer as its log", async () => {
    let got: unknown;
    answer = ({ method, url, headers }, response, body) => {
      got = { method, url, headers, body: JSON.parse(body) };
      response.writeHead(202, { "content-type": "text/plain" }).end("taken\nworking");
    };
    const headers = { "X-Api-Key": "{{env.KEY}}", accept: "text/plain" };
    const request = sending({ method: "PUT", headers }, { env: { KEY: "the key" } });
    expect(await run(request)).toMatchObject({
      end: "answered",
      problem: null,
      pid: null,
      exitCode: null,
      signal: null,
      leftProcesses: 0,
      log: { excerpt: "taken\nworking", maskHits: 0 },
    });
    expect(await linesOf(request)).toEqual([
      ["system", `PUT ${base}/run`],
      ["system", "HTTP/1.1 202 Accepted"],
      ["stdout", "taken"],
      ["stdout", "working"],
    ]);
    expect(got).toEqual({
      method: "PUT",
      url: "/run",
      headers: expect.objectContaining({
        "x-api-key": "the key",
        accept: "text/plain",
        "accept-encoding": "identity",
        "content-type": "application/json",
        host: base.slice("http://".length),
      }),
      body: request.facts,
    });
    expect(Object.keys((got as { headers: object }).headers).toSorted()).toEqual([
      "accept",
      "accept-encoding",
      "connection",
      "content-length",
      "content-type",
      "host",
      "user-agent",
      "x-api-key",
    ]);
  });

  it.each([
    [503, "http_status", "answered 503 Service Unavailable", "log"],
    [401, "http_status", "answered 401 Unauthorized", "proves who is asking"],
    [404, "http_status", "answered 404 Not Found", "path and method"],
    [302, "http_redirect", "sends on to elsewhere.example:8443", "not followed"],
  ])("fails with a status %d, and keeps what was said", async (status, code, message, next) => {
    let asked = 0;
    answer = (_, response) => {
      asked += 1;
      response.writeHead(status, { location: "https://elsewhere.example:8443/?secret=1" }).end("why it did not");
    };
    const request = sending({});
    const { end, problem } = await run(request);
    expect({ end, problem }).toMatchObject({ end: "answered", problem: { code } });
    expect(problem?.message).toContain(message);
    expect(problem?.next).toContain(next);
    expect(asked).toBe(1);
    expect(await linesOf(request)).toContainEqual(["stderr", "why it did not"]);
  });

  it("counts one status only as success where one is named", async () => {
    answer = (_, response) => response.writeHead(200).end();
    expect((await run(sending({ expectStatus: 200 }))).problem).toBeNull();
    expect((await run(sending({ expectStatus: 202 }))).problem?.message).toContain("the status 202 was expected");
  });

  it("says what is wrong about the way there", async () => {
    const noHttp = net.createServer((socket) => socket.on("error", () => undefined).end("220 mail ready\r\n"));
    const mail = await listening(noHttp);
    const problemOf = async (url: string) => (await run(sending({ url }))).problem;
    try {
      expect(await problemOf("http://127.0.0.1:1/")).toMatchObject({
        code: "connection_refused",
        next: expect.stringContaining("port"),
      });
      expect(await problemOf("http://no-such-host.invalid/")).toMatchObject({ code: "host_not_found" });
      expect(await problemOf(mail)).toMatchObject({ code: "answer_invalid" });
      expect(await problemOf(base.replace("http:", "https:"))).toMatchObject({ code: "tls_refused" });
    } finally {
      noHttp.close();
    }
  });

  it("fails where the answer breaks off, and where it is compressed", async () => {
    answer = (_, response) => {
      response.writeHead(200, { "content-length": 1_000 });
      response.write("half", () => response.destroy());
    };
    const broken = sending({});
    expect((await run(broken)).problem).toMatchObject({ code: "connection_lost" });
    expect(await linesOf(broken)).toContainEqual(["stdout", "half"]);
    answer = (request) => request.socket.destroy();
    expect((await run(sending({}))).problem).toMatchObject({ code: "connection_lost" });
    answer = (_, response) => response.writeHead(200, { "content-encoding": "gzip" }).end("not to be read");
    const packed = sending({});
    expect((await run(packed)).problem).toMatchObject({ code: "answer_encoded" });
    expect(readFileSync(packed.logFile, "utf8")).not.toContain("not to be read");
  });

  it("sends nothing where a variable is missing or cannot stand in a header", async () => {
    let asked = 0;
    answer = (_, response) => {
      asked += 1;
      response.end();
    };
    const config = { headers: { "x-api-key": "{{env.KEY}}" } };
    expect((await run(sending(config))).problem).toMatchObject({ code: "env_missing" });
    const unfit = sending(config, { env: { KEY: "a\r\nx-b: c" } });
    expect((await run(unfit)).problem).toMatchObject({ code: "header_invalid" });
    expect(asked).toBe(0);
  });

  it("has each line of the answer while the next is still to come, and ends with a cancel", async () => {
    let isClosed = false;
    answer = (_, response) => {
      response.on("close", () => (isClosed = true));
      response.writeHead(200).write("first\nopen");
    };
    const request = sending({});
    const grown: string[] = [];
    const off = runner.client.onGrew((attemptId) => grown.push(attemptId));
    const done = run(request);
    await until(async () => grown.includes(request.attemptId) && (await linesOf(request)).length === 3);
    off();
    runner.client.cancel(request.attemptId, "The run was cancelled.");
    expect(await done).toMatchObject({ end: "cancelled", problem: null });
    await until(() => isClosed);
    expect((await linesOf(request)).slice(1)).toEqual([
      ["system", "HTTP/1.1 200 OK"],
      ["stdout", "first"],
      ["system", "The run was cancelled."],
      ["system", expect.stringContaining("connection was closed")],
      ["stdout", "open"],
    ]);
  });

  it("is ended where no answer comes in time, also before it began", async () => {
    // On a busy machine the time may be over before the request has come.
    let open = 0;
    answer = (_, response) => {
      open += 1;
      response.on("close", () => (open -= 1));
    };
    const silent = sending({}, { timeoutMs: 150 });
    expect(await run(silent)).toMatchObject({ end: "timed_out", problem: null });
    await until(() => open === 0);
    expect(await linesOf(silent)).toContainEqual(["system", "The run took longer than 0.15 s and was ended."]);
    const early = sending({});
    const done = run(early);
    runner.client.cancel(early.attemptId, "The run was cancelled.");
    expect(await done).toMatchObject({ end: "cancelled" });
  });

  it("caps the log of an answer that does not end, and counts what it dropped", async () => {
    let sent = 0;
    answer = (_, response) => {
      response.writeHead(200);
      const lines = `${"x".repeat(99)}\n`.repeat(1_000);
      const more = () => {
        if (!response.writable) return;
        sent += lines.length;
        response.write(lines, more);
      };
      more();
    };
    const request = sending({}, { logLimitBytes: 50_000 });
    const done = run(request);
    // More than the system holds between the two: the rest was read.
    await until(() => sent > 50_000_000);
    runner.client.cancel(request.attemptId, "The run was cancelled.");
    const { end, log } = await done;
    expect(end).toBe("cancelled");
    expect(log.bytes).toBeLessThan(50_000 + 1_000);
    expect(log.droppedBytes).toBeGreaterThan(100_000);
  });

  it("masks a secret that the service says back, in every form, in its status line and where it sends on to", async () => {
    const secret = `s3cret/+ value"with 'quotes'`;
    const host = "Canary-0123456789ABCDEF.example";
    const forms = [
      secret,
      Buffer.from(secret).toString("base64"),
      Buffer.from(secret).toString("base64url"),
      Buffer.from(secret).toString("hex"),
      encodeURIComponent(secret),
      JSON.stringify(secret).slice(1, -1),
    ];
    answer = ({ headers }, response, body) => {
      response.writeHead(302, `Said ${String(headers["x-key"])}`, { location: `https://${host}/` });
      response.end([...forms, body].join("\n"));
    };
    const config = { headers: { "x-key": "{{env.KEY}}" }, body: '{"key": "{{env.KEY}}"}' };
    const request = sending(config, { env: { KEY: secret }, secretValues: [secret, host] });
    const outcome = await run(request);
    const all = readFileSync(request.logFile, "utf8") + JSON.stringify(outcome);
    for (const form of [...forms, host]) expect(all.toLowerCase()).not.toContain(form.toLowerCase());
    expect(outcome.problem?.message).toContain("sends on to ***");
    expect(outcome.valueHits).toEqual([forms.length + 2, 1]);
    expect((await linesOf(request)).slice(1, 2)).toEqual([["system", "HTTP/1.1 302 Said ***"]]);
  });

  it("masks a secret wherever the answer is cut in two", async () => {
    const secret = `canary-${randomUUID()}`;
    answer = ({ url }, response) => {
      const cut = Number(url?.slice(1));
      response.writeHead(200);
      response.write(`it is ${secret.slice(0, cut)}`, () => {
        setImmediate(() => response.end(`${secret.slice(cut)} indeed`));
      });
    };
    const requests = Array.from({ length: secret.length - 1 }, (_, index) =>
      sending({ url: `${base}/${index + 1}` }, { secretValues: [secret] }),
    );
    await Promise.all(requests.map(run));
    for (const request of requests) {
      expect(await linesOf(request)).toContainEqual(["stdout", "it is *** indeed"]);
    }
  });

  it("ends when the app that owns it does", async () => {
    let isClosed = false;
    answer = (_, response) => {
      response.on("close", () => (isClosed = true));
      response.writeHead(200).write("open\n");
    };
    const request = sending({});
    const child = fork(path.join(runner.directory, "main.mjs"), [], { execArgv: [], stdio: "ignore" });
    child.send(request);
    await until(async () => (await linesOf(request).catch(() => [])).length === 3);
    child.disconnect();
    await once(child, "exit");
    await until(() => isClosed);
    expect(await linesOf(request)).toContainEqual(["system", "The app ended, and the run with it."]);
  });

  it.runIf(hasOpenssl())("trusts no certificate that this machine does not know", async () => {
    const file = (name: string) => path.join(runner.directory, name);
    const made = ["-keyout", file("key.pem"), "-out", file("cert.pem"), "-subj", "/CN=localhost"];
    const names = ["-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1"];
    execFileSync("openssl", ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", ...names, ...made], {
      stdio: "ignore",
    });
    const secure = https.createServer(
      { key: readFileSync(file("key.pem")), cert: readFileSync(file("cert.pem")) },
      (_, response) => response.end("trusted"),
    );
    const url = (await listening(secure)).replace("http:", "https:");
    try {
      const { problem } = await run(sending({ url }));
      expect(problem).toMatchObject({ code: "tls_refused", next: expect.stringContaining("NODE_EXTRA_CA_CERTS") });
      const env = { ...process.env, NODE_EXTRA_CA_CERTS: file("cert.pem"), NODE_TLS_REJECT_UNAUTHORIZED: "0" };
      const entry = path.join(runner.directory, "main.mjs");
      const trusting = createRunnerClient(() => forkRunner(entry, env), silentLog);
      expect(await trusting.execute(sending({ url }))).toMatchObject({ problem: null, log: { excerpt: "trusted" } });
      await trusting.stop();
    } finally {
      secure.close();
    }
  });
});

function hasOpenssl(): boolean {
  try {
    execFileSync("openssl", ["version"], { stdio: "ignore" });
    return true;
  } catch {
    return false;
  }
}
