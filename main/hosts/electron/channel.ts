import { ipcMain } from "electron";
import type { IpcMainEvent, WebContents } from "electron";
import { MAX_MESSAGE_BYTES } from "../control/rpc.ts";
import type { RpcSocket } from "../control/rpc.ts";
import { isPanelUrl } from "./scheme.ts";

/** The one channel between the window and this process; `preload/index.ts` names it too. */
const CHANNEL = "rpc";

type Listener = (event: { readonly data: string }) => void;

/** So many messages may wait for a control plane that is still being opened. The panel asks for its status and waits. */
const MOST_WAITING = 1_000;

/**
 * Carries the messages of one window to `accept`, as if over a socket; what comes before somebody listens to that socket
 * waits in order. Each page that the window loads is a connection of its own and begins with `null`: what an earlier page
 * asked for ends there. The answer takes the channel away.
 */
export function carryMessages(contents: WebContents, accept: (socket: RpcSocket) => void): () => void {
  let connection: Connection | null = null;
  const hangUp = () => {
    connection?.hangUp();
    connection = null;
  };
  const receive = (event: IpcMainEvent, message: unknown) => {
    if (!isFromPanel(event, contents)) return;
    if (message === null) return hangUp();
    if (typeof message !== "string" || message.length > MAX_MESSAGE_BYTES) return;
    if (!connection) {
      connection = connect(contents);
      accept(connection.socket);
    }
    connection.receive(message);
  };
  ipcMain.on(CHANNEL, receive);
  contents.on("render-process-gone", hangUp);
  contents.once("destroyed", hangUp);
  return () => {
    ipcMain.off(CHANNEL, receive);
    hangUp();
  };
}

/** Only the top frame of the window itself may speak, and only while it shows the panel. */
function isFromPanel({ sender, senderFrame }: IpcMainEvent, contents: WebContents): boolean {
  if (sender !== contents || senderFrame === null) return false;
  return senderFrame.parent === null && isPanelUrl(senderFrame.url);
}

interface Connection {
  readonly socket: RpcSocket;
  receive(message: string): void;
  hangUp(): void;
}

function connect(contents: WebContents): Connection {
  const messageListeners: Listener[] = [];
  const closeListeners: (() => void)[] = [];
  const waiting: string[] = [];
  let isOpen = true;
  const socket = {
    addEventListener: (type: string, listener: Listener) => {
      if (type === "close") {
        if (isOpen) closeListeners.push(() => listener({ data: "" }));
        else listener({ data: "" });
      }
      if (type !== "message") return;
      messageListeners.push(listener);
      for (const data of waiting.splice(0)) listener({ data });
    },
    send: (message: unknown) => {
      if (isOpen && !contents.isDestroyed()) contents.send(CHANNEL, message);
    },
  };
  return {
    // The server uses these two of a socket and no other overload of them.
    socket: socket as unknown as RpcSocket,
    receive: (message) => {
      for (const listener of messageListeners) listener({ data: message });
      if (messageListeners.length === 0 && waiting.length < MOST_WAITING) waiting.push(message);
    },
    hangUp: () => {
      isOpen = false;
      waiting.length = 0;
      for (const listener of closeListeners.splice(0)) listener();
    },
  };
}
