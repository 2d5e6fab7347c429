import { contextBridge, ipcRenderer } from "electron";

/** The one channel; `main/hosts/electron/channel.ts` names it too. What crosses it are messages of the contract. */
const CHANNEL = "rpc";

// A page begins: what an earlier one of this window asked for is over.
ipcRenderer.send(CHANNEL, null);

contextBridge.exposeInMainWorld("paperclip", {
  send: (message: string): void => ipcRenderer.send(CHANNEL, message),
  onMessage: (listener: (message: string) => void): void => {
    ipcRenderer.on(CHANNEL, (_event, message: string) => listener(message));
  },
});
