import { EventEmitter } from "node:events";
import { pathToFileURL } from "node:url";

/** The entry of a utility process: gives it its port and runs the module that it was started for. */

class ParentPort extends EventEmitter {
  postMessage(message: unknown): void {
    process.send?.(message, undefined, undefined, () => undefined);
  }
}

const parentPort = new ParentPort();
Object.assign(process, { parentPort });
const queue: unknown[] = [];
process.on("message", (data) => {
  if (!parentPort.emit("message", { data, ports: [] })) queue.push(data);
});
parentPort.on("newListener", (event) => {
  if (event !== "message") return;
  setImmediate(() => {
    for (const data of queue.splice(0)) parentPort.emit("message", { data, ports: [] });
  });
});
// Chromium ends such a process at once when the one that started it is gone; none of its code runs any more.
process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));

const [entry = "", ...args] = process.argv.slice(2);
process.argv.splice(1, process.argv.length, entry, ...args);
await import(pathToFileURL(entry).href);
