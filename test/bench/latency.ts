import { readFile, rm } from "node:fs/promises";
import path from "node:path";
import { setTimeout as delay } from "node:timers/promises";
import { makeWorkerUtils, run, Logger } from "graphile-worker";
import pg from "pg";
import { systemClock } from "../../main/instance/clock.ts";
import { OPERATOR } from "../../main/record/activity.ts";
import { createRoutine } from "../../main/routines/definition.ts";
import { dispatch } from "../../main/routines/dispatch.ts";
import { startScheduler } from "../../main/routines/scheduler/scheduler.ts";
import { createTrigger } from "../../main/routines/triggers.ts";
import { createAgent } from "../../main/work/agents.ts";
import { createCompany } from "../../main/work/companies.ts";
import { type BenchInstance, silentLog, withInstance } from "./instance.ts";
import { median } from "./median.ts";
import type { BenchRow } from "./row.ts";

const REPETITIONS = 5;
const ENQUEUED = 40;
const SCHEDULED = 20;
/** Between two that are scheduled, in milliseconds: no multiple of the peer's poll of 2 s. */
const APART = 211;

/**
 * From the instant that a run is scheduled for, and from the call that enqueues one, to its start, in milliseconds: with all
 * bookkeeping in, against graphile-worker with an empty task in a database of its own on the same server. Interleaved.
 */
export function latencyBench(): Promise<BenchRow[]> {
  return withInstance(async (instance) => {
    const ours = await product(instance);
    const peer = await graphile(instance);
    const figures: Figures[] = [];
    try {
      for (let repetition = 0; repetition < REPETITIONS; repetition += 1) {
        figures.push({
          enqueued: { ours: await ours.enqueue(), peer: await peer.enqueue() },
          scheduled: { ours: await ours.schedule(), peer: await peer.schedule() },
        });
      }
    } finally {
      await ours.stop();
      await peer.stop();
    }
    const of = (pick: (one: Figures) => readonly number[]) => figures.flatMap(pick);
    const peerEnqueued = of((one) => one.enqueued.peer);
    const [start, peerScheduled] = [of((one) => one.scheduled.ours.started), of((one) => one.scheduled.peer)];
    return [
      row(
        "enqueue -> claimed, p50",
        of((one) => one.enqueued.ours.claimed),
        peerEnqueued,
        0.5,
        "<= 0.8 x",
      ),
      row(
        "enqueue -> handed to the runner, p50",
        of((one) => one.enqueued.ours.sent),
        peerEnqueued,
        0.5,
        "-",
      ),
      row(
        "enqueue -> the process runs, p50",
        of((one) => one.enqueued.ours.started),
        peerEnqueued,
        0.5,
        "-",
      ),
      row(
        "scheduled instant -> claimed, p50",
        of((one) => one.scheduled.ours.claimed),
        peerScheduled,
        0.5,
        "-",
      ),
      row("scheduled instant -> the process runs, p50", start, peerScheduled, 0.5, "<= 1/100 and <= 5 ms"),
      row("scheduled instant -> the process runs, p99", start, peerScheduled, 0.99, "<= 1/50"),
    ];
  });
}

/** Milliseconds from the call or the instant to the claim, to where the run is handed over, and to where its process says the time. */
interface Measured {
  readonly claimed: readonly number[];
  readonly sent: readonly number[];
  readonly started: readonly number[];
}

interface Figures {
  readonly enqueued: { readonly ours: Measured; readonly peer: readonly number[] };
  readonly scheduled: { readonly ours: Measured; readonly peer: readonly number[] };
}

function row(what: string, ours: readonly number[], peer: readonly number[], rank: number, goal: string): BenchRow {
  const [mine, theirs] = [ranked(ours, rank), ranked(peer, rank)];
  return {
    what: `${what} (${mine.toFixed(2)} ms)`,
    against: `graphile-worker, its task begins (${theirs.toFixed(2)} ms)`,
    ratio: `${(mine / theirs).toFixed(3)} x`,
    goal,
  };
}

function ranked(figures: readonly number[], rank: number): number {
  return rank === 0.5 ? median(figures) : (figures.toSorted((a, b) => a - b)[Math.floor(figures.length * rank)] ?? NaN);
}

const wallMs = () => performance.timeOrigin + performance.now();

/** Instants from now, in milliseconds since the epoch. */
const instants = () => Array.from({ length: SCHEDULED }, (_, index) => Math.ceil(wallMs()) + 500 + index * APART);

async function product(instance: BenchInstance) {
  const { database, session, feed, home, paths } = instance;
  const [claimed, sent]: [number[], number[]] = [[], []];
  const worker = await instance.worker(4, "all", {
    claimed: () => claimed.push(wallMs()),
    sent: () => sent.push(wallMs()),
  });
  const scheduler = startScheduler({
    database,
    session,
    feed,
    clock: systemClock,
    log: silentLog,
    instanceRoot: paths.root,
    onQueued: worker.expect,
    changed: () => undefined,
  });
  const company = await createCompany(database.orm, { name: "Latency" });
  const marks = path.join(home, "marks");
  const agent = await createAgent(database.orm, company.id, {
    name: "clock",
    adapter: "process",
    config: { command: ["/bin/bash", "-c", `echo $EPOCHREALTIME >> ${marks}`], instructions: "none" },
  });
  const note = { companyId: company.id, actor: OPERATOR, changeSummary: null };
  const aRoutine = () => {
    const routine = { title: "Latency", agent: agent.id, concurrencyPolicy: "always_enqueue" } as const;
    return createRoutine(database, { ...note, now: new Date(), routine });
  };
  const manual = await aRoutine();
  const enqueue = () =>
    dispatch(
      { database, clock: systemClock, wake: worker.accept },
      {
        companyId: company.id,
        routineId: manual,
        source: "manual",
        variables: {},
        payload: null,
        idempotencyKey: null,
      },
    );
  /** Waits for so many marks, and compares them with when they were wanted. */
  const measured = async (wanted: readonly number[]): Promise<Measured> => {
    let times: number[] = [];
    while (times.length < wanted.length) {
      await delay(20);
      const text = await readFile(marks, "utf8").catch(() => "");
      times = text.split("\n").flatMap((line) => (line === "" ? [] : [Number(line.replace(",", ".")) * 1_000]));
    }
    await rm(marks);
    const late = (reached: readonly number[]) =>
      reached.toSorted((a, b) => a - b).map((at, index) => at - (wanted[index] ?? NaN));
    return { claimed: late(claimed.splice(0)), sent: late(sent.splice(0)), started: late(times) };
  };
  await enqueue();
  await measured([0]);
  return {
    enqueue: async (): Promise<Measured> => {
      const all: Measured[] = [];
      for (let count = 0; count < ENQUEUED; count += 1) {
        const at = wallMs();
        await enqueue();
        all.push(await measured([at]));
      }
      return {
        claimed: all.flatMap((one) => one.claimed),
        sent: all.flatMap((one) => one.sent),
        started: all.flatMap((one) => one.started),
      };
    },
    schedule: async (): Promise<Measured> => {
      const routineId = await aRoutine();
      const wanted = instants();
      for (const at of wanted) {
        const trigger = { kind: "once", at: new Date(at).toISOString(), zone: "UTC" } as const;
        await createTrigger(database, { ...note, now: new Date(), routineId, trigger });
      }
      return measured(wanted);
    },
    stop: async () => {
      await scheduler.stop();
      await worker.stop();
    },
  };
}

async function graphile({ database, session }: BenchInstance) {
  await database.pool.query("create database peer");
  const pgPool = new pg.Pool({ ...session, database: "peer", max: 10 });
  pgPool.on("error", () => undefined);
  pgPool.on("connect", (client) => client.on("error", () => undefined));
  const logger = new Logger(() => () => undefined);
  const begun: number[] = [];
  const utils = await makeWorkerUtils({ pgPool, logger });
  await utils.migrate();
  const runner = await run({
    pgPool,
    logger,
    concurrency: 4,
    noHandleSignals: true,
    taskList: { probe: async () => void begun.push(wallMs()) },
  });
  const reached = async (count: number): Promise<number[]> => {
    while (begun.length < count) await delay(20);
    return begun.splice(0).toSorted((a, b) => a - b);
  };
  await utils.addJob("probe", {});
  await reached(1);
  return {
    enqueue: async (): Promise<number[]> => {
      const all: number[] = [];
      for (let count = 0; count < ENQUEUED; count += 1) {
        const at = wallMs();
        await utils.addJob("probe", {});
        all.push(...(await reached(1)).map((began) => began - at));
      }
      return all;
    },
    schedule: async (): Promise<number[]> => {
      const wanted = instants();
      for (const at of wanted) await utils.addJob("probe", {}, { runAt: new Date(at) });
      return (await reached(SCHEDULED)).map((began, index) => began - (wanted[index] ?? NaN));
    },
    stop: async () => {
      await runner.stop();
      await utils.release();
      await pgPool.end();
    },
  };
}
