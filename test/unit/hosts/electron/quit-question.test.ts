import { expect, test } from "vitest";
import { GO_AHEAD, quitQuestion, reloadQuestion, whatStops } from "../../../../main/hosts/electron/quit-question.ts";
import { aRun } from "../../../fixtures/small-plane.ts";

test("nothing is asked where nothing would stop", () => {
  expect(quitQuestion({ running: 0, waiting: 0, titles: [], triggers: false }, null)).toBeNull();
});

test("the question names what would stop, and keeps it running unless it is told otherwise", () => {
  const question = quitQuestion(
    { running: 2, waiting: 1, titles: ["Nightly triage", "Release notes", "Digest"], triggers: true },
    null,
  );
  expect(question).toMatchObject({
    message: "2 runs are running and 1 is waiting.",
    detail: [
      "• Nightly triage",
      "• Release notes",
      "• Digest",
      "",
      "Quitting ends what is running.",
      "What waits stays queued and starts when the app is opened again.",
      "Until then nothing is started by schedules and webhooks.",
    ].join("\n"),
    buttons: ["Stop and quit", "Keep running"],
    defaultId: 1,
    cancelId: 1,
  });
  expect(question?.buttons?.[GO_AHEAD]).toBe("Stop and quit");
});

test("at most five are named, and the others counted", () => {
  const titles = Array.from({ length: 5 }, (_, index) => `Run ${index + 1}`);
  const detail = quitQuestion({ running: 12, waiting: 0, titles, triggers: false }, null)?.detail;
  expect(detail).toContain("• Run 5\nand 7 more\n");
  expect(quitQuestion({ running: 5, waiting: 0, titles, triggers: false }, null)?.detail).not.toContain("more");
});

test("one is one, and only what waits is said to wait", () => {
  expect(quitQuestion({ running: 1, waiting: 0, titles: ["A"], triggers: false }, null)).toMatchObject({
    message: "1 run is running.",
    detail: "• A\n\nQuitting ends what is running.",
  });
  expect(quitQuestion({ running: 0, waiting: 2, titles: [], triggers: false }, null)).toMatchObject({
    message: "2 runs are waiting.",
  });
});

test("a title is one short line, whatever it holds", () => {
  const titles = ["one\r\ntwo\u202Eeerht", "x".repeat(500)];
  const [first, second] =
    quitQuestion({ running: 2, waiting: 0, titles, triggers: false }, null)?.detail?.split("\n") ?? [];
  expect(first).toBe("• one two eerht");
  expect(second).toHaveLength(82);
  const [smiles] =
    quitQuestion({ running: 1, waiting: 0, titles: ["😀".repeat(100)], triggers: false }, null)?.detail?.split("\n") ??
    [];
  expect(smiles).toBe(`• ${"😀".repeat(79)}…`);
});

test("what cannot be told is said, and asked", () => {
  expect(quitQuestion(null, null)?.message).toContain("database does not answer");
});

test("input that is not saved is named, alone or after what would stop", () => {
  const nothing = { running: 0, waiting: 0, titles: [], triggers: false };
  expect(quitQuestion(nothing, "Nightly triage")).toMatchObject({
    message: 'Unsaved changes in "Nightly triage" would be lost.',
    detail: "",
    buttons: ["Discard and quit", "Keep editing"],
    defaultId: 1,
    cancelId: 1,
  });
  expect(quitQuestion({ running: 1, waiting: 0, titles: ["A"], triggers: false }, "Nightly triage")).toMatchObject({
    message: "1 run is running.",
    detail: '• A\n\nQuitting ends what is running.\nUnsaved changes in "Nightly triage" would be lost.',
    buttons: ["Stop and quit", "Keep running"],
  });
  expect(quitQuestion(null, "Nightly triage")?.detail).toContain("Unsaved changes in");
  expect(reloadQuestion("Nightly triage").buttons?.[GO_AHEAD]).toBe("Discard and reload");
});

test("what is not saved may have any name, or none", () => {
  const nothing = { running: 0, waiting: 0, titles: [], triggers: false };
  expect(quitQuestion(nothing, "")?.message).toBe("Unsaved changes would be lost.");
  expect(quitQuestion(nothing, "\u202Ea\nb")?.message).toBe('Unsaved changes in "a b" would be lost.');
});

type Client = Parameters<typeof whatStops>[0];

function clientOf(runs: { running: number; queued: number } | null, titles: Record<string, string[]>): Client {
  return {
    system: {
      status: async () => ({ runs, scheduler: { nextRunAt: "2026-03-08T02:00:00.000Z" }, webhooks: { state: "off" } }),
    },
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
    triggers: true,
  });
  expect(await whatStops(clientOf({ running: 0, queued: 0 }, titles))).toEqual({
    running: 0,
    waiting: 0,
    titles: [],
    triggers: true,
  });
  expect(await whatStops(clientOf(null, {}))).toBeNull();
  expect(await whatStops({ system: { status: () => Promise.reject(new Error("away")) } } as never)).toBeNull();
});
