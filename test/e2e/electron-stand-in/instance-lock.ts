import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import net from "node:net";
import os from "node:os";
import path from "node:path";

export interface SecondStart {
  readonly argv: string[];
  readonly workingDirectory: string;
}

/** One app per directory of user data, as Electron has it: the first start hears of every later one. */
export interface InstanceLock {
  readonly isFirst: boolean;
  /** On a later start: resolves when the first one has been told, or is not there to be told. */
  readonly told: Promise<void>;
  release(): void;
}

export function takeInstanceLock(userData: string, onSecond: (start: SecondStart) => void): InstanceLock {
  mkdirSync(userData, { recursive: true });
  const file = path.join(userData, "SingletonLock");
  const name = createHash("sha256").update(userData).digest("hex").slice(0, 16);
  const address = path.join(os.tmpdir(), `electron-${name}.sock`);
  if (isHeld(file)) return { isFirst: false, told: tell(address), release: () => undefined };
  writeFileSync(file, String(process.pid));
  rmSync(address, { force: true });
  const server = net.createServer((socket) => {
    let text = "";
    socket.setEncoding("utf8").on("data", (part: string) => (text += part));
    socket.on("end", () => {
      onSecond(JSON.parse(text) as SecondStart);
      socket.end("heard");
    });
    socket.on("error", () => undefined);
  });
  server.listen(address).unref();
  return {
    isFirst: true,
    told: Promise.resolve(),
    release: () => {
      server.close();
      rmSync(address, { force: true });
      rmSync(file, { force: true });
    },
  };
}

function isHeld(file: string): boolean {
  try {
    process.kill(Number(readFileSync(file, "utf8")), 0);
    return true;
  } catch {
    return false;
  }
}

function tell(address: string): Promise<void> {
  const start: SecondStart = { argv: process.argv, workingDirectory: process.cwd() };
  return new Promise((resolve) => {
    const socket = net.connect({ path: address, allowHalfOpen: true });
    socket.once("error", () => resolve());
    socket.once("close", () => resolve());
    socket.resume();
    socket.end(JSON.stringify(start));
  });
}
