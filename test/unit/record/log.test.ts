import {
  closeSync,
  fstatSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from "node:fs";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { Refusal } from "../../../main/contract/refusal.ts";
import { openProductLog } from "../../../main/record/log.ts";

let directory: string;
const lines = (name = "paperclip.log") =>
  readFileSync(path.join(directory, name), "utf8")
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as Record<string, unknown>);

/** Windows has no such modes. */
const PRIVATE = process.platform === "win32" ? 0o666 : 0o600;
const mode = () => statSync(path.join(directory, "paperclip.log")).mode & 0o777;

beforeEach(() => {
  directory = mkdtempSync(path.join(os.tmpdir(), "pcd-log-"));
});
afterEach(() => rmSync(directory, { recursive: true, force: true }));

describe("product log", () => {
  it("writes one JSON object per line with level, instant, facts and message, for its owner alone", () => {
    const log = openProductLog({ directory });
    log.info({ runId: "r1", attempt: 2 }, "a run was started");
    log.warn({ pids: [1, 2] }, "left");
    log.close();
    expect(lines()).toMatchObject([
      { level: "info", runId: "r1", attempt: 2, msg: "a run was started" },
      { level: "warn", pids: [1, 2], msg: "left" },
    ]);
    expect(Date.parse(String(lines()[0]?.["time"]))).not.toBeNaN();
    expect(mode()).toBe(PRIVATE);
  });

  it("drops facts that are not on the list", () => {
    const log = openProductLog({ directory });
    log.info({ runId: "r1", value: "s3cret-value", env: { A: "s3cret-value" }, status: { deep: "s3cret-value" } }, "x");
    log.close();
    expect(readFileSync(path.join(directory, "paperclip.log"), "utf8")).not.toContain("s3cret-value");
    expect(lines()[0]).toMatchObject({ runId: "r1", status: "[object]" });
  });

  it("writes the cause chain masked and without what a database quotes", () => {
    const log = openProductLog({ directory });
    const bottom = Object.assign(new Error("refused postgres://me:pass-word@host/db"), {
      code: "28P01",
      detail: "Failing row contains (pass-word).",
    });
    const middle = new Error("Failed query: insert into x values ($1)\nparams: pass-word,\nmore", { cause: bottom });
    log.error({ error: new Refusal("owner_gone", "No.", {}, middle), failure: { code: "c", message: "m" } }, "failed");
    log.close();
    const text = readFileSync(path.join(directory, "paperclip.log"), "utf8");
    expect(text).not.toContain("pass-word");
    expect(lines()[0]).toMatchObject({
      error: {
        name: "Refusal",
        code: "owner_gone",
        message: "No.",
        cause: {
          message: "Failed query: insert into x values ($1)",
          cause: { code: "28P01", message: "refused postgres://me:***@host/db" },
        },
      },
      failure: { code: "c", message: "m" },
    });
  });

  it("ends a chain of causes that is a ring", () => {
    const log = openProductLog({ directory });
    const error = new Error("round");
    error.cause = error;
    log.error({ error }, "failed");
    log.close();
    expect(lines()).toHaveLength(1);
  });

  it("puts full files aside and keeps a number of them", () => {
    const log = openProductLog({ directory, limitBytes: 1_000, keep: 2 });
    for (let count = 0; count < 100; count += 1) log.info({ count }, "x".repeat(100));
    log.close();
    expect(readdirSync(directory).toSorted()).toEqual(["paperclip.log", "paperclip.log.1", "paperclip.log.2"]);
    for (const name of readdirSync(directory)) expect(statSync(path.join(directory, name)).size).toBeLessThan(1_100);
    expect(lines().at(-1)).toMatchObject({ count: 99 });
    expect(lines("paperclip.log.1").at(-1)?.["count"]).toBe(Number(lines()[0]?.["count"]) - 1);
  });

  it("continues a file that is there, and narrows its mode", () => {
    writeFileSync(path.join(directory, "paperclip.log"), '{"msg":"earlier"}\n', { mode: 0o644 });
    const log = openProductLog({ directory });
    log.info({}, "later");
    log.close();
    expect(lines().map((line) => line["msg"])).toEqual(["earlier", "later"]);
    expect(mode()).toBe(PRIVATE);
  });

  it("refuses a file that this user cannot write", () => {
    mkdirSync(path.join(directory, "paperclip.log"));
    expect(() => openProductLog({ directory })).toThrow(
      expect.objectContaining({ name: "Refusal", code: "instance_permissions" }),
    );
  });

  it.skipIf(process.platform === "win32")(
    "never writes to, or closes, a file that got the number of one it has closed",
    () => {
      const gone = path.join(directory, "gone");
      mkdirSync(gone);
      const log = openProductLog({ directory: gone, limitBytes: 10 });
      log.info({}, "fills the file");
      rmSync(gone, { recursive: true });
      log.info({}, "cannot be put aside");
      const other = openSync(path.join(directory, "other"), "w");
      log.info({}, "comes too late");
      log.info({}, "comes too late as well");
      expect(fstatSync(other).size).toBe(0);
      log.close();
      const another = openSync(path.join(directory, "another"), "w");
      log.info({}, "comes after the end");
      log.close();
      expect(fstatSync(another).size).toBe(0);
      closeSync(other);
      closeSync(another);
    },
  );
});
