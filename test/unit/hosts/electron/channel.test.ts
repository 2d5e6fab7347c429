import { beforeEach, expect, test, vi } from "vitest";
import { electron, FakeContents } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { carryMessages } = await import("../../../../main/hosts/electron/channel.ts");
const { PANEL_URL } = await import("../../../../main/hosts/electron/scheme.ts");

beforeEach(() => {
  electron.ipcMain.removeAllListeners();
});

type Socket = Parameters<Parameters<typeof carryMessages>[1]>[0];

function listenOn(socket: Socket) {
  const heard: unknown[] = [];
  let closed = 0;
  socket.addEventListener("message", (event) => heard.push(event.data));
  socket.addEventListener("close", () => (closed += 1));
  return { heard, closed: () => closed };
}

test("only the top frame of the window itself is heard, and only while it shows the panel", () => {
  const contents = new FakeContents();
  const sockets: ReturnType<typeof listenOn>[] = [];
  carryMessages(contents as never, (socket) => sockets.push(listenOn(socket)));
  const frame = { parent: null, url: PANEL_URL };
  const send = (event: unknown, message: unknown) => electron.ipcMain.emit("rpc", event, message);
  send({ sender: contents, senderFrame: frame }, "heard");
  send({ sender: new FakeContents(), senderFrame: frame }, "another window");
  send({ sender: contents, senderFrame: null }, "a frame that is gone");
  send({ sender: contents, senderFrame: { parent: frame, url: PANEL_URL } }, "an inner frame");
  send({ sender: contents, senderFrame: { parent: null, url: "https://evil.example/" } }, "a foreign page");
  send({ sender: contents, senderFrame: frame }, { not: "text" });
  expect(sockets.map(({ heard }) => heard)).toEqual([["heard"]]);
});

test("each page is a connection of its own, which ends with it", () => {
  const contents = new FakeContents();
  const sockets: (ReturnType<typeof listenOn> & { socket: Socket })[] = [];
  const takeAway = carryMessages(contents as never, (socket) => sockets.push({ ...listenOn(socket), socket }));
  const event = { sender: contents, senderFrame: { parent: null, url: PANEL_URL } };
  for (const message of [null, "one", "two", null, "three"]) electron.ipcMain.emit("rpc", event, message);
  expect(sockets.map(({ heard, closed }) => [heard, closed()])).toEqual([
    [["one", "two"], 1],
    [["three"], 0],
  ]);
  sockets[1]?.socket.send("answer");
  expect(contents.sent).toEqual(["answer"]);
  takeAway();
  expect(sockets[1]?.closed()).toBe(1);
  electron.ipcMain.emit("rpc", event, "four");
  expect(sockets).toHaveLength(2);
});

test("what a page says before anybody listens waits in order, and is forgotten with the page", () => {
  const contents = new FakeContents();
  const sockets: Socket[] = [];
  carryMessages(contents as never, (socket) => sockets.push(socket));
  const event = { sender: contents, senderFrame: { parent: null, url: PANEL_URL } };
  for (const message of [null, "one", "two", null, "three"]) electron.ipcMain.emit("rpc", event, message);
  const [gone, open] = sockets.map(listenOn);
  electron.ipcMain.emit("rpc", event, "four");
  expect([gone?.heard, gone?.closed()]).toEqual([[], 1]);
  expect([open?.heard, open?.closed()]).toEqual([["three", "four"], 0]);
  sockets[0]?.send("for a page that is gone");
  expect(contents.sent).toEqual([]);
});

test("a page whose process is gone has hung up", () => {
  const contents = new FakeContents();
  const sockets: ReturnType<typeof listenOn>[] = [];
  carryMessages(contents as never, (socket) => sockets.push(listenOn(socket)));
  electron.ipcMain.emit("rpc", { sender: contents, senderFrame: { parent: null, url: PANEL_URL } }, "one");
  contents.emit("render-process-gone");
  expect(sockets[0]?.closed()).toBe(1);
});
