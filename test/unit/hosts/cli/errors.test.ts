import { ORPCError } from "@orpc/client";
import { expect, test } from "vitest";
import { Refusal } from "../../../../main/contract/refusal.ts";
import { failedCommand, failureText } from "../../../../main/hosts/cli/errors.ts";
import { launchedBy } from "../../../../main/hosts/cli/launch.ts";
import { createOutput } from "../../../../main/hosts/cli/output.ts";

const launch = launchedBy({}, []);
const data = { next: "Enable it.", fields: { "env.A": "is disabled" }, details: { key: "A" } };

test("a refusal says the same in this process and over a connection", () => {
  const wanted = { code: "secret_inactive", message: 'The secret "a" is disabled.', ...data };
  expect(failedCommand(new Refusal("secret_inactive", wanted.message, data))).toEqual(wanted);
  const carried = new ORPCError("secret_inactive", { status: 422, message: wanted.message, data, defined: true });
  expect(failedCommand(carried)).toEqual(wanted);
});

test("what opens a full backup is asked for with the options that give it", () => {
  const refusal = new Refusal("backup_sealed", "It was not opened.", {
    next: "Give it.",
    fields: { code: "is needed" },
  });
  expect(failedCommand(refusal).next).toBe("Give it. By --code-file FILE or --code-stdin.");
});

test("what is not of the closed union is unexpected, and says where to look", () => {
  expect(failedCommand(new TypeError("x is not a function"))).toMatchObject({ code: "unexpected" });
  expect(failedCommand(new ORPCError("INTERNAL_SERVER_ERROR", { message: "Something." }))).toMatchObject({
    code: "unexpected",
    message: "Something.",
  });
  expect(failedCommand("thrown text")).toMatchObject({ code: "unexpected" });
});

test("a call that the owner does not know is of another version", () => {
  expect(failedCommand(new ORPCError("NOT_FOUND", { status: 404 }))).toMatchObject({ code: "not_available" });
});

test("people get one line and the next step, without what steers a terminal", () => {
  const failed = { code: "x", message: "It did\nnot \u001B[2Jwork.", next: "Try again." };
  expect(failureText(failed)).toBe("error: It did not work.\nnext: Try again.\n");
  const fields = { a: "too long", b: "missing" };
  expect(failureText({ code: "x", message: "Two fields.", fields })).toBe(
    "error: Two fields.\n  a: too long\n  b: missing\n",
  );
});

test("an interruption is no error", () => {
  expect(failureText({ code: "interrupted", message: "Interrupted." })).toBe("Interrupted.\n");
});

test("scripts get one object on standard error", () => {
  const written: string[] = [];
  const keep = { write: (text: string) => written.push(text) };
  const stdout = { write: () => expect.unreachable() };
  createOutput({ stdout, stderr: keep, env: {}, launch, json: true }).failure({
    code: "x",
    message: "m",
    fields: { a: "b" },
  });
  expect(written.map((text) => JSON.parse(text))).toEqual([{ error: { code: "x", message: "m", fields: { a: "b" } } }]);
});

test("colours appear on a terminal only, and not where NO_COLOR is set", () => {
  const failed = { code: "x", message: "m" };
  const shown = (isTTY: boolean, env: NodeJS.ProcessEnv) => {
    let text = "";
    const stream = { isTTY, write: (part: string) => (text += part) };
    createOutput({ stdout: stream, stderr: stream, env, launch, json: false }).failure(failed);
    return text;
  };
  expect(shown(true, {})).toContain("\u001B[31merror:");
  for (const text of [shown(false, {}), shown(true, { NO_COLOR: "1" }), shown(true, { TERM: "dumb" })]) {
    expect(text).toBe("error: m\n");
  }
});
