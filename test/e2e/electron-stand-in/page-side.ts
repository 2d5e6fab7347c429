/*
 * What runs in the page. Each function is sent there as its own source text, so it must not use anything from outside of
 * itself. The preload runs in a world of its own and the page in the main one: they share the document and no object, and
 * reach each other through events of it, as Electron's context bridge does by other means.
 */

/** In both worlds: names of the bridge's events and bindings, which no page can guess. */
export interface BridgeNames {
  readonly event: string;
  readonly send: string;
  readonly receive: string;
}

type Preload = (require: (name: string) => unknown, module: { exports: unknown }, exports: unknown) => void;

/** In the world of the preload: gives it a `require` that knows what a sandboxed preload may use, and runs it. */
function isolatedWorld(names: BridgeNames, preload: Preload): void {
  type Call = (...args: unknown[]) => unknown;
  interface Message {
    readonly to: "page" | "preload";
    readonly kind: string;
    readonly key?: string;
    readonly methods?: readonly string[];
    readonly method?: string;
    readonly id?: number;
    readonly args?: readonly unknown[];
  }
  const scope = globalThis as unknown as Record<string, unknown>;
  const send = scope[names.send] as (text: string) => void;
  const exposed = new Map<string, Record<string, Call>>();
  const channels = new Map<string, Call[]>();
  const tell = (message: Message) =>
    document.dispatchEvent(new CustomEvent(names.event, { detail: JSON.stringify(message) }));
  const announce = (key: string, api: Record<string, Call>) =>
    tell({ to: "page", kind: "expose", key, methods: Object.keys(api) });

  document.addEventListener(names.event, (event) => {
    const message = JSON.parse((event as CustomEvent<string>).detail) as Message;
    if (message.to !== "preload") return;
    if (message.kind === "ready") for (const [key, api] of exposed) announce(key, api);
    if (message.kind !== "call") return;
    const args = (message.args ?? []).map((argument) => {
      const { functionId } = (argument ?? {}) as { functionId?: number };
      if (functionId === undefined) return argument;
      return (...given: unknown[]) => void tell({ to: "page", kind: "callback", id: functionId, args: given });
    });
    exposed.get(message.key ?? "")?.[message.method ?? ""]?.(...args);
  });
  scope[names.receive] = (channel: string, args: readonly unknown[]) => {
    for (const listener of channels.get(channel) ?? []) listener({}, ...args);
  };

  const electron = {
    contextBridge: {
      exposeInMainWorld: (key: string, api: Record<string, Call>) => {
        exposed.set(key, api);
        announce(key, api);
      },
    },
    ipcRenderer: {
      send: (channel: string, ...args: unknown[]) => send(JSON.stringify({ channel, args })),
      on: (channel: string, listener: Call) => channels.set(channel, [...(channels.get(channel) ?? []), listener]),
    },
  };
  const require = (name: string) => {
    if (name === "electron") return electron;
    throw new Error(`module not found: ${name}`);
  };
  const module = { exports: {} };
  preload(require, module, module.exports);
}

/** In the page's own world: makes what the preload exposed. */
function mainWorld(names: BridgeNames): void {
  type Call = (...args: unknown[]) => unknown;
  interface Message {
    readonly to: "page" | "preload";
    readonly kind: string;
    readonly key?: string;
    readonly methods?: readonly string[];
    readonly method?: string;
    readonly id?: number;
    readonly args?: readonly unknown[];
  }
  const callbacks: Call[] = [];
  const tell = (message: Message) =>
    document.dispatchEvent(new CustomEvent(names.event, { detail: JSON.stringify(message) }));
  const carried = (argument: unknown) =>
    typeof argument === "function" ? { functionId: callbacks.push(argument as Call) - 1 } : argument;

  document.addEventListener(names.event, (event) => {
    const message = JSON.parse((event as CustomEvent<string>).detail) as Message;
    if (message.to !== "page") return;
    const { kind, key = "", methods = [], id = -1, args = [] } = message;
    if (kind === "callback") callbacks[id]?.(...args);
    if (kind !== "expose" || key in globalThis) return;
    const api = methods.map((method) => [
      method,
      (...given: unknown[]) => void tell({ to: "preload", kind: "call", key, method, args: given.map(carried) }),
    ]);
    const value: unknown = Object.freeze(Object.fromEntries(api));
    Object.defineProperty(globalThis, key, { value, enumerable: true });
  });
  tell({ to: "preload", kind: "ready" });
}

/** The scripts for both worlds, as text. `preload` is a CommonJS script. */
export function pageScripts(names: BridgeNames, preload: string): { isolated: string; main: string } {
  const given = JSON.stringify(names);
  return {
    isolated: `(${isolatedWorld})(${given}, (require, module, exports) => {\n${preload}\n});`,
    main: `(${mainWorld})(${given});`,
  };
}
