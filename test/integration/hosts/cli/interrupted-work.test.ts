import { mkdtemp, rm } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { implementer } from "../../../../main/contract/implementer.ts";
import { Refusal } from "../../../../main/contract/refusal.ts";
import type { ContractRouter } from "../../../../main/control-plane-port.ts";
import { Interrupted } from "../../../../main/hosts/cli/errors.ts";
import { findOwner } from "../../../../main/instance/lock.ts";
import { instancePaths } from "../../../../main/instance/paths.ts";
import type { Restored } from "../../../../preload/contract/restore.ts";
import { commandLine } from "../../../fixtures/command-line.ts";
import { smallPlane } from "../../../fixtures/small-plane.ts";

const AT = "2026-03-08T07:00:00.000Z";
const RESTORED: Restored = {
  kind: "undo",
  source: "x",
  stateOf: AT,
  opens: true,
  kept: null,
  keptAside: [],
  rows: null,
  notRestored: [],
};

interface Gate {
  open(): void;
  readonly opened: Promise<void>;
}

function gate(): Gate {
  let open: () => void = () => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { open, opened };
}

let home: string;
let serving: { readonly interruption: AbortController; readonly ended: Promise<unknown> };
/** How long work goes on, what asked for its end, and what has ended. */
let work: Gate;
let begun: Gate;
let cancelled: Gate;
let isOver: boolean;

/** Work on a backup that takes its time to end when it is given up, and an undo that cannot be given up. */
const areas = {
  backups: {
    follow: implementer.backups.follow.handler(async function* () {}),
    take: implementer.backups.take.handler(async () => {
      begun.open();
      await work.opened;
      isOver = true;
      throw new Refusal("backup_cancelled", "The backup was cancelled; nothing of it is left.");
    }),
    cancel: implementer.backups.cancel.handler(() => {
      cancelled.open();
      return { cancelled: true };
    }),
  },
  restore: {
    state: implementer.restore.state.handler(() => ({ work: null, kept: [], hold: null })),
    start: implementer.restore.start.handler(async () => {
      begun.open();
      await work.opened;
      throw new Refusal("backup_cancelled", "The restore was cancelled. 1 run was ended for it.");
    }),
    undo: implementer.restore.undo.handler(async () => {
      begun.open();
      await work.opened;
      return RESTORED;
    }),
    cancel: implementer.restore.cancel.handler(() => {
      cancelled.open();
      return { cancelled: false };
    }),
  },
} as unknown as Partial<ContractRouter>;

const run = (argv: string[], choice: Parameters<typeof commandLine>[1] = {}) =>
  commandLine([...argv, "--home", home], { openControlPlane: smallPlane({ areas }), ...choice });

beforeEach(async () => {
  home = await mkdtemp(path.join(os.tmpdir(), "pcd-interrupted-"));
  [work, begun, cancelled] = [gate(), gate(), gate()];
  isOver = false;
  const interruption = new AbortController();
  serving = { interruption, ended: run(["serve", "--port", "0"], { signal: interruption.signal }) };
});
afterEach(async () => {
  serving.interruption.abort(new Interrupted("Terminated.", "SIGTERM"));
  await serving.ended;
  await rm(home, { recursive: true, force: true });
});

/** A command of another process that is interrupted when its work has begun. */
async function interrupted(argv: string[]) {
  const paths = instancePaths({ home }, {});
  await expect.poll(async () => (await findOwner(paths, { waitMs: 0 })).state).toBe("live");
  const interruption = new AbortController();
  void begun.opened.then(() => interruption.abort(new Interrupted("Interrupted.", "SIGINT")));
  return run(argv, { signal: interruption.signal });
}

test("an interrupted backup is given up in the owner that takes it, and its end is waited for", async () => {
  const ended = interrupted(["db:backup"]);
  await cancelled.opened;
  expect(isOver).toBe(false);
  work.open();
  expect(await ended).toEqual({ exitCode: 130, stdout: "", stderr: "Interrupted. No backup was taken.\n" });
  expect(isOver).toBe(true);
});

test("an interrupted restore says what became of it", async () => {
  const ended = interrupted(["db:restore", "/some/file.tar", "--yes"]);
  await cancelled.opened;
  work.open();
  const stderr = "Interrupted. The restore was cancelled. 1 run was ended for it.\n";
  expect(await ended).toEqual({ exitCode: 130, stdout: "", stderr });
});

test("what can no longer be given up is carried out, and told", async () => {
  const ended = interrupted(["db:restore-undo", "--yes", "--json"]);
  await cancelled.opened;
  work.open();
  const { exitCode, stdout, stderr } = await ended;
  expect({ exitCode, stderr }).toEqual({ exitCode: 0, stderr: "" });
  expect(JSON.parse(stdout)).toEqual(RESTORED);
});
