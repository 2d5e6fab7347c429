import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { pageOf, pending, vaultLocked } from "../../../../renderer/stories/answers.ts";
import type { Answers } from "../../../../renderer/stories/answers.ts";
import { aSecret, aSecretDetail } from "../../../../renderer/stories/records/secrets.ts";
import { createWorld } from "../../../../renderer/stories/world.ts";

const reported = vi.fn();
beforeEach(() => void vi.stubGlobal("reportError", reported));
afterEach(() => {
  vi.unstubAllGlobals();
  reported.mockReset();
});

const world = (answers: Answers) => createWorld(answers, { kind: "open", since: 1 });

test("a story's control plane answers as it is told, by the input too", async () => {
  const { connection, complaints } = world({
    "secrets.get": aSecretDetail(),
    "secrets.list": (input) => {
      const { rows, nextCursor } = pageOf(input, 3, (index) => aSecret({ key: `key-${index}` }));
      return { secrets: rows, nextCursor };
    },
  });
  expect((await connection.client.secrets.get({ secret: "gh-token" })).key).toBe("gh-token");
  const first = await connection.client.secrets.list({ limit: 2 });
  const second = await connection.client.secrets.list({ limit: 2, cursor: first.nextCursor ?? "" });
  expect([...first.secrets, ...second.secrets].map(({ key }) => key)).toEqual(["key-0", "key-1", "key-2"]);
  expect(second.nextCursor).toBeNull();
  expect(complaints).toEqual([]);
});

test("a refusal arrives as the control plane's own", async () => {
  const { connection } = world({ "secrets.health": vaultLocked });
  const error = await connection.client.secrets.health().catch((thrown: unknown) => thrown);
  expect(error).toMatchObject({ defined: true, code: "vault_locked", message: expect.stringContaining("locked") });
});

test("a call without an answer makes the story fail, and is named", async () => {
  const { connection, complaints } = world({});
  await expect(connection.client.routines.list({})).rejects.toThrow("routines.list");
  expect(complaints.join()).toContain("routines.list is asked and has no answer");
  expect(reported).toHaveBeenCalledOnce();
});

test("what the contract does not allow makes the story fail, in the answer as in the question", async () => {
  const wrong = { ...aSecret(), status: "rotten" } as unknown as ReturnType<typeof aSecret>;
  const { connection, complaints } = world({
    "secrets.list": { secrets: [wrong], nextCursor: null },
    "runs.list": { runs: [], nextCursor: null },
  });
  await expect(connection.client.secrets.list({})).rejects.toThrow("secrets.0.status");
  await expect(connection.client.runs.list({ limit: 100_000 })).rejects.toThrow("limit");
  expect(complaints).toHaveLength(2);
});

test("while a call is pending for good, nothing counts as under way", async () => {
  const { connection, underWay } = world({ "secrets.list": () => pending });
  const stopping = new AbortController();
  const call = connection.client.secrets.list({}, { signal: stopping.signal }).catch((error: unknown) => error);
  expect(underWay()).toBe(1);
  await vi.waitFor(() => expect(underWay()).toBe(0));
  stopping.abort();
  expect(await call).toBeInstanceOf(DOMException);
});

test("a stream begins with its events and stays open until it is ended", async () => {
  const { connection } = world({ "shell.commands": [{ command: "palette" }] });
  const stopping = new AbortController();
  const heard: string[] = [];
  const listening = (async () => {
    for await (const { command } of await connection.client.shell.commands(undefined, { signal: stopping.signal })) {
      heard.push(command);
      stopping.abort();
    }
  })();
  await expect(listening).rejects.toBeInstanceOf(DOMException);
  expect(heard).toEqual(["palette"]);
});

test("while the connection is lost every call is refused", async () => {
  const { connection, become } = world({ "secrets.health": vaultLocked });
  become({ kind: "lost", attempt: 1 });
  await expect(connection.client.secrets.health()).rejects.toThrow("connection");
});
