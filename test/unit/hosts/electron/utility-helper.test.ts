import { expect, test, vi } from "vitest";
import { asked } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { forkUtilityHelper } = await import("../../../../main/hosts/electron/utility-helper.ts");
const { forkRunner } = await import("../../../../main/runs/channel.ts");

function forked() {
  const env = { PATH: "/bin", HOME: "/home/x", GH_TOKEN: "hush", NODE_OPTIONS: "--inspect" };
  const channel = forkRunner("/app/runner.js", env, forkUtilityHelper);
  const last = asked.children.at(-1);
  if (!last) throw new Error("nothing was forked");
  return { channel, ...last };
}

test("the runner is a utility process with an env of its own", () => {
  const { entry, args, options } = forked();
  expect({ entry, args, options }).toEqual({
    entry: "/app/runner.js",
    args: [],
    options: { env: { PATH: "/bin", HOME: "/home/x" }, execArgv: [], serviceName: "Paperclip runner", stdio: "ignore" },
  });
});

test("messages go both ways, and none to a process that is gone", () => {
  const { channel, child } = forked();
  const heard: unknown[] = [];
  let exits = 0;
  channel.onMessage((report) => heard.push(report));
  channel.onExit(() => (exits += 1));
  channel.send({ type: "stop" });
  child.emit("message", { type: "ended" });
  child.emit("exit", 0);
  channel.send({ type: "stop" });
  expect([child.posted, heard, exits]).toEqual([[{ type: "stop" }], [{ type: "ended" }], 1]);
  channel.onExit(() => (exits += 1));
  expect(exits).toBe(2);
});

test("its number is known once it is there", () => {
  const { channel, child } = forked();
  expect(channel.pid).toBeUndefined();
  channel.kill();
  expect(child.kill).toHaveBeenCalledOnce();
  child.pid = 4_711;
  expect(channel.pid).toBe(4_711);
});

test("it is ended at once, also where it is gone already", async () => {
  const { channel, child } = forked();
  const { spawn } = await import("node:child_process");
  const sleeper = spawn(process.execPath, ["-e", "setInterval(() => undefined, 1000)"], { stdio: "ignore" });
  const exited = new Promise((resolve) => sleeper.once("exit", (_code, signal) => resolve(signal)));
  child.pid = sleeper.pid;
  channel.kill();
  expect(await exited).toBe("SIGKILL");
  channel.kill();
});
