import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingMessage } from "node:http";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { Shell, TextFile } from "../../../../main/contract/shell.ts";
import { serveBrowser } from "../../../../main/hosts/browser/server.ts";
import type { BrowserHost } from "../../../../main/hosts/browser/server.ts";
import type { Clock } from "../../../../main/instance/clock.ts";
import { originOf, visit } from "./visitor.ts";

let directory: string;
let host: BrowserHost;
let nowMs = 0;
let unexpected: unknown[] = [];
let shells: Shell[] = [];
const clock: Clock = { now: () => new Date(0), monotonicMs: () => nowMs, after: () => () => undefined };

beforeEach(async () => {
  [nowMs, unexpected, shells] = [0, [], []];
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-files-"));
  await writeFile(path.join(directory, "index.html"), "<!doctype html>");
  host = await serveBrowser({
    port: 0,
    rendererDirectory: directory,
    clock,
    accept: (_socket, shell) => shells.push(shell),
    reportUnexpected: (error) => unexpected.push(error),
  });
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

const origin = () => originOf(host);
const visitor = () => visit(host, shells);

const textFile = (read: TextFile["read"]): TextFile => ({ name: "nightly-triage-0193c7d2-1.log", read });
const shortFile = textFile(async function* () {
  yield "one\n";
  yield "two\n";
});

async function ticketFor(shell: Shell, file = shortFile): Promise<string> {
  const answer = await shell.saveText(file);
  if (answer.outcome !== "download") throw new Error("a browser is given an address");
  return answer.href;
}

function ask(where: string, headers: Record<string, string>, method = "GET"): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    request({ host: "127.0.0.1", port: host.port, path: where, method, headers, agent: false }, resolve)
      .once("error", reject)
      .end();
  });
}

async function statusOf(where: string, headers: Record<string, string>, method?: string): Promise<number> {
  const answer = await ask(where, headers, method);
  answer.resume();
  return answer.statusCode ?? 0;
}

test("a ticket gives a file as a download, once", async () => {
  const { cookie, shell } = await visitor();
  const href = await ticketFor(shell);
  expect(href).toMatch(/^\/files\/[\w-]{43}$/);
  const answer = await fetch(origin() + href, { headers: { cookie } });
  expect(answer.status).toBe(200);
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "text/plain; charset=utf-8",
    "content-disposition": 'attachment; filename="nightly-triage-0193c7d2-1.log"',
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
    "content-security-policy": expect.stringContaining("default-src 'none'"),
  });
  expect(await answer.text()).toBe("one\ntwo\n");
  expect(await statusOf(href, { cookie })).toBe(404);
});

test("a ticket is good for a minute", async () => {
  const { cookie, shell } = await visitor();
  const [early, late] = [await ticketFor(shell), await ticketFor(shell)];
  nowMs = 60_000 - 1;
  expect(await statusOf(early, { cookie })).toBe(200);
  nowMs += 1;
  expect(await statusOf(late, { cookie })).toBe(404);
});

test("a ticket is the session's that asked for it, and no other's", async () => {
  const [mine, other] = [await visitor(), await visitor()];
  const href = await ticketFor(mine.shell);
  expect(await statusOf(href, { cookie: other.cookie })).toBe(403);
  expect(await statusOf(href, {})).toBe(401);
  expect(await statusOf(href, { cookie: `paperclip_${host.port}=guess` })).toBe(401);
  expect(await statusOf(href, { cookie: mine.cookie })).toBe(200);
});

test("what is no ticket is not found, and other hosts and methods do not spend one", async () => {
  const { cookie, shell } = await visitor();
  for (const where of ["/files/", "/files/x", "/files/../index.html", "/files/%2e%2e/index.html"]) {
    expect(await statusOf(where, { cookie })).toBe(404);
  }
  const href = await ticketFor(shell);
  expect(await statusOf(href, { cookie, host: "evil.example" })).toBe(421);
  expect(await statusOf(href, { cookie }, "HEAD")).toBe(405);
  expect(await statusOf(href, { cookie }, "POST")).toBe(405);
  expect(await statusOf(href, { cookie })).toBe(200);
});

test("the oldest ticket gives way to the newest", async () => {
  const { cookie, shell } = await visitor();
  const first = await ticketFor(shell);
  for (let made = 0; made < 20; made += 1) await ticketFor(shell);
  expect(await statusOf(first, { cookie })).toBe(404);
});

test("a file is read no faster than it is taken, and no further than that", async () => {
  const { cookie, shell } = await visitor();
  const block = "x".repeat(256 * 1_024);
  let read = 0;
  let over: () => void = () => undefined;
  const ended = new Promise<void>((resolve) => (over = resolve));
  const endless = textFile(async function* () {
    try {
      for (;;) {
        read += 1;
        yield block;
      }
    } finally {
      over();
    }
  });
  const answer = await ask(await ticketFor(shell, endless), { cookie });
  await new Promise((resolve) => answer.once("readable", resolve));
  answer.destroy();
  await ended;
  // Had it been read ahead without end, this would not have been reached.
  expect(read).toBeGreaterThan(0);
  expect(unexpected).toEqual([]);
});

test("a file that breaks off is a download that fails, and is reported", async () => {
  const { cookie, shell } = await visitor();
  const broken = textFile(async function* () {
    yield "one\n";
    throw new Error("the disk is gone");
  });
  const answer = await ask(await ticketFor(shell, broken), { cookie });
  const outcome = await new Promise((resolve) => {
    answer.resume();
    answer.once("end", () => resolve("whole"));
    answer.once("error", () => resolve("broken off"));
  });
  expect(outcome).toBe("broken off");
  expect(unexpected).toEqual([expect.objectContaining({ message: "the disk is gone" })]);
});
