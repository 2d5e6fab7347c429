import { EventEmitter } from "node:events";
import { mkdirSync } from "node:fs";
import os from "node:os";
import path from "node:path";
import type { App, Event } from "electron";
import { takeInstanceLock, type InstanceLock } from "./instance-lock.ts";

/** An event that a listener can prevent. */
export function preventable(): Event & { readonly defaultPrevented: boolean } {
  let prevented = false;
  return {
    get defaultPrevented() {
      return prevented;
    },
    preventDefault: () => {
      prevented = true;
    },
  };
}

/** A window as quitting sees it. */
export interface Closable {
  /** Answers whether it is closed; a listener may have prevented that. */
  closeToQuit(): Promise<boolean>;
}

type PathName = Parameters<App["getPath"]>[0];

export interface AppChoice {
  readonly root: string;
  readonly name: string;
  readonly version: string;
  /** Ends what the stand-in itself has started. */
  cleanUp(): Promise<void>;
}

/** The lifecycle of Electron's app: one lock, the order of the events of quitting, and the exit code. */
export class StandInApp
  extends EventEmitter
  implements
    Pick<
      App,
      | "enableSandbox"
      | "exit"
      | "getAppPath"
      | "getPath"
      | "getVersion"
      | "isPackaged"
      | "quit"
      | "requestSingleInstanceLock"
      | "setAboutPanelOptions"
      | "setAppUserModelId"
      | "setName"
      | "setPath"
      | "whenReady"
    >
{
  readonly isPackaged = false;
  readonly commandLine = {
    hasSwitch: (name: string): boolean => process.argv.some((text) => text.split("=")[0] === `--${name}`),
  };
  readonly windows = new Set<Closable>();
  readonly #choice: AppChoice;
  readonly #paths = new Map<PathName, string>();
  readonly #ready: Promise<void>;
  #becomeReady: () => void = () => undefined;
  #isReady = false;
  #lock: InstanceLock | null = null;
  #quitting = false;
  #exiting = false;

  constructor(choice: AppChoice) {
    super();
    this.#choice = choice;
    this.#ready = new Promise((resolve) => (this.#becomeReady = resolve));
  }

  /** Whether the app has asked to end. */
  get isEnding(): boolean {
    return this.#quitting || this.#exiting;
  }

  become(): void {
    this.#isReady = true;
    this.emit("ready", {}, {});
    this.#becomeReady();
  }

  whenReady(): Promise<void> {
    return this.#ready;
  }

  enableSandbox(): void {
    if (this.#isReady) throw new Error("app.enableSandbox() can only be called before app is ready");
  }

  getVersion(): string {
    return this.#choice.version;
  }

  getAppPath(): string {
    return this.#choice.root;
  }

  getPath(name: PathName): string {
    const set = this.#paths.get(name);
    if (set !== undefined) return set;
    if (name === "sessionData") return this.getPath("userData");
    if (name === "userData") return path.join(os.homedir(), ".config", this.#choice.name);
    throw new Error(`the stand-in has no path "${name}"`);
  }

  setPath(name: PathName, directory: string): void {
    if (!path.isAbsolute(directory)) throw new Error("Path must be absolute");
    mkdirSync(directory, { recursive: true });
    this.#paths.set(name, directory);
  }

  setAppUserModelId(): void {}

  setName(): void {}

  setAboutPanelOptions(): void {}

  requestSingleInstanceLock(): boolean {
    this.#lock = takeInstanceLock(this.getPath("userData"), ({ argv, workingDirectory }) => {
      void this.#ready.then(() => this.emit("second-instance", {}, argv, workingDirectory, undefined));
    });
    return this.#lock.isFirst;
  }

  quit(): void {
    if (this.isEnding) return;
    this.#quitting = true;
    setImmediate(() => void this.#quitInOrder());
  }

  async #quitInOrder(): Promise<void> {
    if (!this.#emitPreventable("before-quit")) return this.#stay();
    for (const window of this.windows) if (!(await window.closeToQuit())) return this.#stay();
    if (!this.#emitPreventable("will-quit")) return this.#stay();
    this.exit(0);
  }

  #emitPreventable(name: string): boolean {
    const event = preventable();
    this.emit(name, event);
    return !event.defaultPrevented;
  }

  #stay(): void {
    this.#quitting = false;
  }

  /** Electron quits when the last window is closed and nobody listens for that. */
  windowClosed(window: Closable): void {
    this.windows.delete(window);
    if (this.windows.size > 0 || this.isEnding) return;
    if (!this.emit("window-all-closed")) this.quit();
  }

  exit(code = 0): void {
    if (this.#exiting) return;
    this.#exiting = true;
    this.emit("quit", {}, code);
    const told = this.#lock?.told;
    void Promise.allSettled([told, this.#choice.cleanUp()]).then(() => {
      this.#lock?.release();
      process.exit(code);
    });
  }
}
