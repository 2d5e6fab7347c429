import { beforeEach, expect, test, vi } from "vitest";
import { electron } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { quitInOrder } = await import("../../../../main/hosts/electron/quitting.ts");

beforeEach(() => {
  electron.app.removeAllListeners();
});

function scene(failing?: Error) {
  const events: string[] = [];
  const questions: { answer(go: boolean): void; fail(): void; signal: AbortSignal }[] = [];
  let finish: () => void = () => undefined;
  const stopped = new Promise<void>((resolve) => (finish = resolve));
  const over = new Promise<void>((resolve) => electron.app.once("will-quit", () => resolve()));
  const quitting = quitInOrder({
    ask: (signal) => {
      events.push("asked");
      return new Promise((answer, reject) => questions.push({ answer, fail: () => reject(new Error("no")), signal }));
    },
    stop: async () => {
      events.push("stopping");
      await stopped;
      if (failing) throw failing;
    },
    onFailure: (error) => events.push(String(error)),
  });
  electron.app.on("will-quit", () => events.push("over"));
  return { events, questions, quitting, finish, over };
}

const settled = () => new Promise((resolve) => setImmediate(resolve));

test("the app ends once everything is stopped, and is asked once only", async () => {
  const { events, questions, quitting, finish, over } = scene();
  electron.app.quit();
  electron.app.quit();
  questions[0]?.answer(true);
  await settled();
  expect([events, quitting.isOver()]).toEqual([["asked", "stopping"], false]);
  electron.app.quit();
  finish();
  await over;
  expect([events, quitting.isOver()]).toEqual([["asked", "stopping", "over"], true]);
});

test("the answer to keep running keeps it, and the next time it is asked again", async () => {
  const { events, questions } = scene();
  electron.app.quit();
  questions[0]?.answer(false);
  await settled();
  electron.app.quit();
  expect(events).toEqual(["asked", "asked"]);
});

test("who must not be asked is not, and takes back a question that stands", async () => {
  const { events, questions, quitting, finish, over } = scene();
  electron.app.quit();
  quitting.now();
  quitting.now();
  expect(questions[0]?.signal.aborted).toBe(true);
  questions[0]?.answer(false);
  finish();
  await over;
  expect(events).toEqual(["asked", "stopping", "over"]);
});

test("neither a question that cannot be asked nor a stop that fails keeps the app", async () => {
  const { events, questions, finish, over } = scene(new Error("stuck"));
  electron.app.quit();
  questions[0]?.fail();
  finish();
  await over;
  expect(events).toEqual(["asked", "stopping", "Error: stuck", "over"]);
});
