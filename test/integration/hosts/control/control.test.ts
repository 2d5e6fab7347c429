import { mkdtemp, rm, stat, writeFile } from "node:fs/promises";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { createRouterClient } from "@orpc/server";
import { afterEach, beforeEach, expect, test } from "vitest";
import { implementer } from "../../../../main/contract/implementer.ts";
import { Refusal } from "../../../../main/contract/refusal.ts";
import { connectToOwner } from "../../../../main/hosts/control/client.ts";
import type { ControlConnection } from "../../../../main/hosts/control/client.ts";
import { rpcServer } from "../../../../main/hosts/control/rpc.ts";
import { listenForControl } from "../../../../main/hosts/control/server.ts";
import type { ControlServer } from "../../../../main/hosts/control/server.ts";
import type { ContractRouter } from "../../../../main/control-plane-port.ts";

let directory: string;
let socketPath: string;
let server: ControlServer;
const connections: ControlConnection[] = [];

beforeEach(async () => {
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-control-"));
  socketPath = path.join(directory, "s");
});
afterEach(async () => {
  await Promise.all(connections.splice(0).map((connection) => connection.close()));
  await server.close();
  await rm(directory, { recursive: true, force: true });
});

async function start(token: string | null = null): Promise<void> {
  server = await listenForControl({ socketPath, token });
}

async function connectClient(token: string | null = null): Promise<ControlConnection> {
  const connection = await connectToOwner({ socketPath, token });
  connections.push(connection);
  return connection;
}

/** A small real part of the contract: an answer, a refusal, a call that never ends and a stream. */
function router(): ContractRouter {
  return {
    system: {
      stop: implementer.system.stop.handler(() => ({ stopping: true })),
      link: implementer.system.link.handler(({ context }) => ({ url: context.host })),
      status: implementer.system.status.handler(() => new Promise(() => undefined)),
      changes: implementer.system.changes.handler(async function* () {
        yield { topic: "runs", companyId: null, id: null };
        yield { topic: "agents", companyId: null, id: null };
      }),
    },
    companies: {
      get: implementer.companies.get.handler(({ input }) => {
        throw new Refusal("company_missing", `There is no company "${input.company}".`, { next: "List them." });
      }),
    },
  } as unknown as ContractRouter;
}

function serve(): void {
  const accept = rpcServer(router(), () => null);
  server.accept((socket) => accept(socket, "control"));
}

test("calls, refusals and streams cross the socket as they cross in one process", async () => {
  await start();
  serve();
  const { client } = await connectClient();
  expect(await client.system.link()).toEqual({ url: "control" });
  await expect(client.companies.get({ company: "nobody" })).rejects.toMatchObject({
    code: "company_missing",
    message: 'There is no company "nobody".',
    data: { next: "List them." },
  });
  await expect(client.companies.get({ company: "" })).rejects.toMatchObject({
    code: "invalid_input",
    data: { fields: { company: "must not be empty" } },
  });
  const topics: string[] = [];
  for await (const change of await client.system.changes()) topics.push(change.topic);
  expect(topics).toEqual(["runs", "agents"]);

  const inProcess = createRouterClient(router(), {
    context: { host: "in-process" as const, reportUnexpected: () => null },
  });
  await expect(inProcess.companies.get({ company: "nobody" })).rejects.toMatchObject({ code: "company_missing" });
});

test("a refusal in a stream crosses like one of a call, and an unexpected failure is reported and not told", async () => {
  await start();
  const failures: unknown[] = [
    new Refusal("run_missing", "There is no such run.", { next: "List them." }),
    new Error("x"),
  ];
  const failing = {
    system: {
      changes: implementer.system.changes.handler(async function* () {
        yield { topic: "runs", companyId: null, id: null };
        throw failures.shift();
      }),
    },
  } as unknown as ContractRouter;
  const reported: [unknown, string][] = [];
  const accept = rpcServer(failing, (error, procedure) => {
    reported.push([error, procedure]);
    return null;
  });
  server.accept((socket) => accept(socket, "control"));
  const { client } = await connectClient();
  const topics: string[] = [];
  const read = async () => {
    for await (const change of await client.system.changes()) topics.push(change.topic);
  };
  await expect(read()).rejects.toMatchObject({
    code: "run_missing",
    message: "There is no such run.",
    data: { next: "List them." },
  });
  expect(reported).toEqual([]);
  await expect(read()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR", message: /unexpected/ });
  expect(reported).toEqual([[new Error("x"), "system.changes"]]);
  expect(topics).toEqual(["runs", "runs"]);
});

test("an answer that does not fit the contract is a failure of the app, and no input's fault", async () => {
  await start();
  const broken = {
    system: { link: implementer.system.link.handler(() => ({ url: 7 }) as never) },
  } as unknown as ContractRouter;
  let reports = 0;
  const accept = rpcServer(broken, () => {
    reports += 1;
    return null;
  });
  server.accept((socket) => accept(socket, "control"));
  const { client } = await connectClient();
  await expect(client.system.link()).rejects.toMatchObject({ code: "INTERNAL_SERVER_ERROR" });
  expect(reports).toBe(1);
});

test("the socket is the operator's alone", async () => {
  await start();
  expect((await stat(socketPath)).mode & 0o777).toBe(0o600);
});

test("a socket file that a dead owner left is taken over", async () => {
  await writeFile(socketPath, "");
  await start();
  serve();
  const { client } = await connectClient();
  expect(await client.system.stop()).toEqual({ stopping: true });
});

test("a client that comes before the instance is open is kept waiting and then served", async () => {
  await start();
  const pending = connectClient();
  await expect.poll(() => server.connections()).toBe(1);
  serve();
  const { client } = await pending;
  expect(await client.system.stop()).toEqual({ stopping: true });
});

test("a client that waits is let go when the instance could not be opened", async () => {
  await start();
  const pending = connectToOwner({ socketPath, token: null }).catch((error: unknown) => error);
  await expect.poll(() => server.connections()).toBe(1);
  await server.close();
  expect(await pending).toMatchObject({ code: "owner_gone" });
});

test("a call that is pending when the owner ends fails with owner_gone", async () => {
  await start();
  serve();
  const { client, closed } = await connectClient();
  const pending = client.system.status().catch((error: unknown) => error);
  await client.system.stop();
  await server.close();
  await closed;
  expect(await pending).toMatchObject({ code: "owner_gone", name: "Refusal" });
  await expect(client.system.stop()).rejects.toMatchObject({ code: "owner_gone" });
});

test("nobody there is owner_gone too", async () => {
  await start();
  const elsewhere = path.join(directory, "nobody");
  await expect(connectToOwner({ socketPath: elsewhere, token: null })).rejects.toMatchObject({ code: "owner_gone" });
});

test("with a token, only who presents it may enter", async () => {
  await start("right");
  serve();
  await expect(connectToOwner({ socketPath, token: null })).rejects.toMatchObject({ code: "owner_gone" });
  await expect(connectToOwner({ socketPath, token: "wrong" })).rejects.toMatchObject({ code: "owner_gone" });
  const { client } = await connectClient("right");
  expect(await client.system.stop()).toEqual({ stopping: true });
});

test("connections are counted, and drained when the last one leaves", async () => {
  await start();
  serve();
  await server.drained();
  const first = await connectClient();
  const second = await connectClient();
  expect(server.connections()).toBe(2);
  let drained = false;
  const done = server.drained().then(() => (drained = true));
  await first.close();
  await expect.poll(() => server.connections()).toBe(1);
  expect(drained).toBe(false);
  await second.close();
  await done;
});

test("what is not a WebSocket upgrade of /rpc is answered and closed", async () => {
  await start();
  serve();
  const answer = await new Promise<string>((resolve, reject) => {
    const socket = connect(socketPath);
    let text = "";
    socket.on("data", (chunk) => (text += chunk));
    socket.on("end", () => resolve(text));
    socket.on("error", reject);
    socket.write("GET / HTTP/1.1\r\nHost: localhost\r\n\r\n");
  });
  expect(answer).toMatch(/^HTTP\/1\.1 426 /);
});
