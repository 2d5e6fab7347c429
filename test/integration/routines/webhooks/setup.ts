import { createHmac } from "node:crypto";
import http from "node:http";
import { createRouterClient } from "@orpc/server";
import type { Change, Status } from "../../../../preload/contract/system.ts";
import type { RoutineInput } from "../../../../preload/contract/routines.ts";
import type { TriggerInput } from "../../../../preload/contract/triggers.ts";
import { triggerProcedures } from "../../../../main/routines/trigger-procedures.ts";
import { webhookProcedures } from "../../../../main/routines/webhooks/procedures.ts";
import { type Reception, startReception } from "../../../../main/routines/webhooks/reception.ts";
import { eventually } from "../../../fixtures/conditions.ts";
import { freePort } from "../../../fixtures/free-port.ts";
import { simulatedClock } from "../../../fixtures/simulated-clock.ts";
import { noted } from "../../../fixtures/unexpected.ts";
import { workWorld } from "../../../fixtures/work-world.ts";
import { aCompany, NOW } from "../fixtures.ts";

export interface Answer {
  readonly status: number;
  readonly headers: http.IncomingHttpHeaders;
  readonly body: { error?: { code: string; message: string }; outcome?: string; run?: { id: string } | null };
}

export interface Sending {
  readonly method?: string;
  readonly headers?: http.OutgoingHttpHeaders;
  readonly body?: string | Buffer;
}

/** One request over a connection of its own, with exactly these headers. */
export function send(url: string, { method = "POST", headers = {}, body }: Sending = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = http.request(url, { method, headers, agent: false }, (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("end", () =>
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: JSON.parse(Buffer.concat(chunks).toString()) as Answer["body"],
        }),
      );
    });
    request.on("error", reject);
    request.end(body);
  });
}

export const hmac = (key: string, text: string | Buffer): string =>
  createHmac("sha256", key).update(text).digest("hex");

/** The headers of a delivery signed at this time, in seconds. */
export function signed(key: string, body: string, at: Date, digits: "s" | "ms" = "s") {
  const timestamp = digits === "s" ? String(Math.floor(at.getTime() / 1_000)) : String(at.getTime());
  return { "x-paperclip-timestamp": timestamp, "x-paperclip-signature": `sha256=${hmac(key, `${timestamp}.${body}`)}` };
}

/** A company with routines and webhooks, and a listener on a real port of this machine. */
export async function webhookWorld(options: { requestMs?: number } = {}) {
  const world = await workWorld();
  const { database, vault } = world;
  const company = await aCompany(database);
  const clock = simulatedClock(NOW);
  const listeners = new Set<(change: Change) => void>();
  const errors: unknown[] = [];
  const note = (facts: object) => void errors.push(facts);
  const logged: object[] = [];
  const log = { info: () => undefined, warn: (facts: object) => void logged.push(facts), error: note };
  const woken: string[] = [];
  const port = { now: await freePort() };
  const wake = (runId: string) => void woken.push(runId);
  const receptionAt = (portOf: () => number): Reception =>
    startReception({
      database,
      vault,
      clock,
      log,
      feed: {
        subscribe: (listener) => {
          listeners.add(listener);
          return () => void listeners.delete(listener);
        },
      },
      wake,
      port: portOf,
      changed: () => undefined,
      ...options,
    });
  const reception = receptionAt(() => port.now);
  const services = { database, vault, clock, wake, webhooks: () => reception.state() };
  const client = createRouterClient(
    {
      triggers: triggerProcedures({ database, vault, clock, webhookBase: () => reception.state().base }),
      webhooks: webhookProcedures(services),
    },
    { context: { host: "in-process", reportUnexpected: noted(errors) } },
  );
  const settled = async (state: Status["webhooks"]["state"]) => {
    reception.look();
    await eventually(() => reception.state().state === state);
  };
  return {
    ...world,
    company,
    clock,
    reception,
    receptionAt,
    client,
    woken,
    errors,
    logged,
    port,
    settled,
    /** A routine with a webhook; its runs do not give way to each other. */
    webhook: async (
      trigger: Partial<Extract<TriggerInput, { kind: "webhook" }>> = {},
      routine: Partial<RoutineInput> = {},
    ) => {
      const routineId = await company.create({ concurrencyPolicy: "always_enqueue", ...routine });
      const of = { company: company.companyId, routine: routineId };
      const created = await client.triggers.create({
        ...of,
        trigger: { kind: "webhook", signingMode: "bearer", ...trigger },
      });
      const one = { ...of, trigger: created.id };
      if (created.enabled) await settled("listening");
      return {
        one,
        routineId,
        id: created.id,
        key: created.signingKey ?? "",
        url: created.webhook?.address ?? "",
        secretId: created.webhook?.secretId ?? "",
        log: async () => (await client.webhooks.deliveries(one)).deliveries,
        record: async () => {
          const { triggers } = await client.triggers.list(of);
          const [record] = triggers;
          if (!record) throw new Error("there is no trigger");
          return record;
        },
        runs: () => company.runs(routineId),
      };
    },
    close: async () => {
      await reception.stop();
      await world.close();
    },
  };
}

export type WebhookWorld = Awaited<ReturnType<typeof webhookWorld>>;
