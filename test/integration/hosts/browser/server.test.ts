import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import { connect, createServer } from "node:net";
import os from "node:os";
import path from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from "vitest";
import { WebSocket } from "ws";
import type { Clock } from "../../../../main/instance/clock.ts";
import { serveBrowser } from "../../../../main/hosts/browser/server.ts";
import type { BrowserHost } from "../../../../main/hosts/browser/server.ts";

let directory: string;
let rendererDirectory: string;
let host: BrowserHost;
let nowMs = 0;
const clock: Clock = { now: () => new Date(0), monotonicMs: () => nowMs, after: () => () => undefined };

beforeAll(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-browser-"));
  rendererDirectory = path.join(directory, "renderer");
  await mkdir(path.join(rendererDirectory, "assets"), { recursive: true });
  await writeFile(path.join(rendererDirectory, "index.html"), "<!doctype html><title>panel</title>");
  await writeFile(path.join(rendererDirectory, "assets", "index-1.js"), "1;");
  await writeFile(path.join(rendererDirectory, "notes.txt"), "not ours to show");
  await writeFile(path.join(directory, "outside.js"), "outside");
  await mkdir(path.join(directory, "renderer-two"));
  await writeFile(path.join(directory, "renderer-two", "a.js"), "outside");
  await symlink(path.join(directory, "outside.js"), path.join(rendererDirectory, "link.js"));
});
afterAll(() => rm(directory, { recursive: true, force: true }));

beforeEach(async () => {
  nowMs = 0;
  host = await serveBrowser({
    port: 0,
    rendererDirectory,
    clock,
    accept: (socket) => {
      socket.on("message", (message) => socket.send(`heard ${String(message)}`));
    },
    reportUnexpected: (error) => {
      throw error;
    },
  });
});
afterEach(() => host.close());

interface Answer {
  status: number;
  headers: IncomingHttpHeaders;
  body: string;
}

/** Sends the path as it stands: `fetch` would tidy it up. */
function send(
  options: { method?: string; path?: string; headers?: Record<string, string>; body?: string } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { method = "GET", headers = {} } = options;
    const outgoing = request(
      { host: "127.0.0.1", port: host.port, path: options.path ?? "/", method, headers, agent: false },
      (response) => {
        let body = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (body += chunk));
        response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }));
      },
    );
    outgoing.on("error", reject);
    outgoing.end(options.body);
  });
}

const origin = () => `http://127.0.0.1:${host.port}`;
const newToken = () => new URL(host.link()).hash.replace("#token=", "");

function exchange(token: string, headers: Record<string, string> = {}): Promise<Answer> {
  return send({
    method: "POST",
    path: "/session",
    headers: { origin: origin(), "content-type": "application/json", ...headers },
    body: JSON.stringify({ token }),
  });
}

/** A browser that was let in: its cookie, and the key that its pages keep. */
async function newVisitor(): Promise<{ cookie: string; key: string }> {
  const { headers, body } = await exchange(newToken());
  const { key } = JSON.parse(body) as { key: string };
  return { cookie: headers["set-cookie"]?.[0]?.split(";")[0] ?? "", key };
}

/** The status that an upgrade is answered with; 101 where it was let in. */
function upgrade(headers: Record<string, string>, key: string, where = "/rpc"): Promise<number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${where}`, ["paperclip", key], { headers });
    socket.once("open", () => {
      socket.close();
      resolve(101);
    });
    socket.once("unexpected-response", (_request, response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
    socket.once("error", reject);
  });
}

test("the page and its assets are served with every protecting header", async () => {
  const page = await send();
  expect(page).toMatchObject({ status: 200, body: expect.stringContaining("panel") });
  expect(page.headers).toMatchObject({
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": expect.stringContaining("default-src 'none'"),
    "x-content-type-options": "nosniff",
    "referrer-policy": "no-referrer",
    "cross-origin-resource-policy": "same-origin",
    "x-frame-options": "DENY",
    "cache-control": "no-store",
  });
  expect(page.headers["access-control-allow-origin"]).toBeUndefined();
  expect((await send({ path: "/assets/index-1.js" })).headers["content-type"]).toBe("text/javascript; charset=utf-8");
  expect(await send({ method: "HEAD" })).toMatchObject({ status: 200, body: "" });
});

test.each([
  ["dots", "/../outside.js", 403],
  ["encoded dots", "/%2e%2e/outside.js", 403],
  ["an encoded slash", "/..%2foutside.js", 403],
  ["an encoded backslash", "/..%5coutside.js", 403],
  ["a neighbour with the same beginning", "/../renderer-two/a.js", 403],
  ["a link that leads out", "/link.js", 403],
  ["a NUL", "/index.html%00.js", 400],
  ["a broken escape", "/%zz", 400],
  ["a file that is none of the panel", "/notes.txt", 404],
  ["a directory", "/assets", 404],
  ["nothing", "/nowhere.js", 404],
])("a path with %s is refused", async (_what, where, status) => {
  const answer = await send({ path: where });
  expect(answer.status).toBe(status);
  expect(answer.body).toBe("");
});

test("a link lets in once", async () => {
  const token = newToken();
  const first = await exchange(token);
  expect(first.status).toBe(200);
  expect(JSON.parse(first.body)).toEqual({ key: expect.stringMatching(/^[\w-]{43}$/) });
  expect(first.headers["set-cookie"]).toEqual([
    expect.stringMatching(new RegExp(`^paperclip_${host.port}=[\\w-]{43}; Path=/; HttpOnly; SameSite=Strict$`)),
  ]);
  const second = await exchange(token);
  expect(second.status).toBe(403);
  expect(second.headers["set-cookie"]).toBeUndefined();
});

test("a link is good for ten minutes", async () => {
  const [early, late] = [newToken(), newToken()];
  nowMs = 10 * 60 * 1_000 - 1;
  expect((await exchange(early)).status).toBe(200);
  nowMs += 1;
  expect((await exchange(late)).status).toBe(403);
});

test("only the newest links stay good", async () => {
  const oldest = newToken();
  for (let made = 0; made < 20; made += 1) host.link();
  expect((await exchange(oldest)).status).toBe(403);
});

test("a session must be asked for by a page of this host, with a token, shortly", async () => {
  expect((await exchange("x".repeat(43))).status).toBe(403);
  expect((await exchange(newToken(), { origin: "http://evil.example" })).status).toBe(403);
  expect((await exchange(newToken(), { origin: `http://localhost:${host.port}` })).status).toBe(403);
  expect((await exchange(newToken(), { origin: "null" })).status).toBe(403);
  expect((await exchange(newToken(), { "content-type": "text/plain" })).status).toBe(415);
  expect((await exchange("x".repeat(2_000))).status).toBe(413);
  const noOrigin = { "content-type": "application/json" };
  const body = JSON.stringify({ token: newToken() });
  expect((await send({ method: "POST", path: "/session", headers: noOrigin, body })).status).toBe(403);
  const headers = { ...noOrigin, origin: origin() };
  for (const text of ["", "{", "[]", '{"token":1}', `{"token":"${newToken()}","more":1}`]) {
    expect((await send({ method: "POST", path: "/session", headers, body: text })).status).toBe(403);
  }
});

/** The status of asking whether there is a session. */
async function admitted(cookie: string, key: string): Promise<number> {
  return (await send({ path: "/session", headers: { cookie, "paperclip-key": key } })).status;
}

test("whether there is a session can be asked, and is 401 without one", async () => {
  expect((await send({ path: "/session" })).status).toBe(401);
  const { cookie, key } = await newVisitor();
  expect(await admitted(`other=1; ${cookie}`, key)).toBe(204);
  expect(await admitted(`paperclip_${host.port}=guess`, key)).toBe(401);
  expect(await admitted(cookie.replace(`paperclip_${host.port}`, "paperclip_1"), key)).toBe(401);
});

test("a cookie alone opens nothing: browsers send it to every port of this machine", async () => {
  const [{ cookie, key }, other] = [await newVisitor(), await newVisitor()];
  expect((await send({ path: "/session", headers: { cookie } })).status).toBe(401);
  for (const wrong of ["guess", other.key]) {
    expect(await admitted(cookie, wrong)).toBe(401);
    expect(await upgrade({ origin: origin(), cookie }, wrong)).toBe(401);
  }
  expect(await admitted(cookie, key)).toBe(204);
});

test.each(["evil.example", "evil.example:3100", "127.0.0.1", "127.0.0.1:1", "[::1]:3100", "localhost"])(
  "a request for the host %s is misdirected",
  async (name) => {
    expect((await send({ headers: { host: name } })).status).toBe(421);
    expect((await send({ path: "/session", headers: { host: name } })).status).toBe(421);
    const { cookie, key } = await newVisitor();
    expect(await upgrade({ host: name, origin: `http://${name}`, cookie }, key)).toBe(421);
  },
);

test("localhost is this host too", async () => {
  const name = `localhost:${host.port}`;
  expect((await send({ headers: { host: name } })).status).toBe(200);
  expect((await exchange(newToken(), { host: name, origin: `http://${name}` })).status).toBe(200);
});

test.each([
  ["PUT", "/"],
  ["POST", "/"],
  ["DELETE", "/session"],
  ["OPTIONS", "/"],
  ["OPTIONS", "/session"],
])("%s %s is not allowed, and says what is", async (method, where) => {
  const answer = await send({ method, path: where, headers: { origin: "http://evil.example" } });
  expect(answer.status).toBe(405);
  expect(answer.headers.allow).toMatch(/GET/);
  expect(answer.headers["access-control-allow-origin"]).toBeUndefined();
});

test("a connection needs cookie, key, origin and place", async () => {
  const { cookie, key } = await newVisitor();
  expect(await upgrade({ origin: origin(), cookie }, key)).toBe(101);
  expect(await upgrade({ origin: origin() }, key)).toBe(401);
  expect(await upgrade({ origin: origin(), cookie: `paperclip_${host.port}=guess` }, key)).toBe(401);
  expect(await upgrade({ origin: "http://evil.example", cookie }, key)).toBe(403);
  expect(await upgrade({ cookie }, key)).toBe(403);
  expect(await upgrade({ origin: origin(), cookie }, key, "/elsewhere")).toBe(404);
});

test("a connection that is refused is over, whatever the other side keeps open", async () => {
  const socket = connect({ port: host.port, host: "127.0.0.1", allowHalfOpen: true });
  socket.write("GET /rpc HTTP/1.1\r\nHost: evil.example\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n");
  const answer = await new Promise<string>((resolve) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.once("end", () => resolve(text));
  });
  expect(answer).toMatch(/^HTTP\/1.1 421 /);
  // What is written to a socket that the other side merely shut down is taken; here nobody holds it any more.
  const broken = new Promise<string>((resolve) =>
    socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(`${code}`)),
  );
  const writing = setInterval(() => socket.write("x"), 5);
  expect(["EPIPE", "ECONNRESET"]).toContain(await broken);
  clearInterval(writing);
});

test("what an admitted page sends is handed on", async () => {
  const { cookie, key } = await newVisitor();
  const socket = new WebSocket(`ws://127.0.0.1:${host.port}/rpc`, ["paperclip", key], {
    headers: { origin: origin(), cookie },
  });
  const heard = await new Promise((resolve, reject) => {
    socket.once("open", () => socket.send("hello"));
    socket.once("message", (message) => resolve(String(message)));
    socket.once("error", reject);
  });
  // The key is not said back.
  expect(socket.protocol).toBe("paperclip");
  socket.close();
  expect(heard).toBe("heard hello");
});

test("a port that was asked for and is taken is refused", async () => {
  const taken = createServer();
  await new Promise<void>((resolve) => taken.listen(0, "127.0.0.1", resolve));
  const address = taken.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  const options = { port, rendererDirectory, clock, accept: () => undefined, reportUnexpected: () => undefined };
  await expect(serveBrowser(options)).rejects.toMatchObject({
    code: "not_available",
    message: expect.stringContaining(String(port)),
  });
  await new Promise((resolve) => taken.close(resolve));
});

test("without a wish, a port that is free is found", async () => {
  const options = { rendererDirectory, clock, accept: () => undefined, reportUnexpected: () => undefined };
  const [first, second] = await Promise.all([serveBrowser(options), serveBrowser(options)]);
  expect(first.port).toBeGreaterThanOrEqual(3100);
  expect(second.port).not.toBe(first.port);
  await Promise.all([first.close(), second.close()]);
});
