import { expect, test } from "vitest";
import { quitQuestion, STOP_AND_QUIT, whatStops } from "../../../../main/hosts/electron/quit-question.ts";
import { aRun } from "../../../fixtures/small-plane.ts";

test("nothing is asked where nothing would stop", () => {
  expect(quitQuestion({ running: 0, waiting: 0, titles: [] })).toBeNull();
});

test("the question names what would stop, and keeps it running unless it is told otherwise", () => {
  const question = quitQuestion({ running: 2, waiting: 1, titles: ["Nightly triage", "Release notes", "Digest"] });
  expect(question).toMatchObject({
    message: "2 runs are running and 1 is waiting.",
    detail: [
      "• Nightly triage",
      "• Release notes",
      "• Digest",
      "",
      "Quitting ends what is running.",
      "What waits stays queued and starts when the app is opened again.",
    ].join("\n"),
    buttons: ["Stop and quit", "Keep running"],
    defaultId: 1,
    cancelId: 1,
  });
  expect(question?.buttons?.[STOP_AND_QUIT]).toBe("Stop and quit");
});

test("at most five are named, and the others counted", () => {
  const titles = Array.from({ length: 5 }, (_, index) => `Run ${index + 1}`);
  const detail = quitQuestion({ running: 12, waiting: 0, titles })?.detail;
  expect(detail).toContain("• Run 5\nand 7 more\n");
  expect(quitQuestion({ running: 5, waiting: 0, titles })?.detail).not.toContain("more");
});

test("one is one, and only what waits is said to wait", () => {
  expect(quitQuestion({ running: 1, waiting: 0, titles: ["A"] })).toMatchObject({
    message: "1 run is running.",
    detail: "• A\n\nQuitting ends what is running.",
  });
  expect(quitQuestion({ running: 0, waiting: 2, titles: [] })).toMatchObject({ message: "2 runs are waiting." });
});

test("a title is one short line, whatever it holds", () => {
  const titles = ["one\r\ntwo\u202Eeerht", "x".repeat(500)];
  const [first, second] = quitQuestion({ running: 2, waiting: 0, titles })?.detail?.split("\n") ?? [];
  expect(first).toBe("• one two eerht");
  expect(second).toHaveLength(82);
});

test("what cannot be told is said, and asked", () => {
  expect(quitQuestion(null)?.message).toContain("database does not answer");
});

type Client = Parameters<typeof whatStops>[0];

function clientOf(runs: { running: number; queued: number } | null, titles: Record<string, string[]>): Client {
  return {
    system: { status: async () => ({ runs }) },
    companies: { list: async () => ({ companies: [{ id: "a" }, { id: "b" }] }) },
    runs: {
      list: async ({ company, status, limit }: { company: string; status: string[]; limit: number }) => ({
        runs: (titles[`${company} ${status[0]}`] ?? [])
          .slice(0, limit)
          .map((title) => Object.assign({}, aRun, { title })),
      }),
    },
  } as unknown as Client;
}

test("what would stop is read over all companies, running before waiting", async () => {
  const titles = { "a running": ["A1"], "b running": ["B1", "B2"], "a queued": ["A2", "A3", "A4"] };
  expect(await whatStops(clientOf({ running: 3, queued: 3 }, titles))).toEqual({
    running: 3,
    waiting: 3,
    titles: ["A1", "B1", "B2", "A2", "A3"],
  });
  expect(await whatStops(clientOf({ running: 0, queued: 0 }, titles))).toEqual({ running: 0, waiting: 0, titles: [] });
  expect(await whatStops(clientOf(null, {}))).toBeNull();
  expect(await whatStops({ system: { status: () => Promise.reject(new Error("away")) } } as never)).toBeNull();
});
