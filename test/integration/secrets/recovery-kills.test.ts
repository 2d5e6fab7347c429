import { randomBytes } from "node:crypto";
import { readFile, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { keyText, masterKey } from "../../../main/secrets/master-key.ts";
import {
  type RecoveryServices,
  createRecovery,
  openWithRecovery,
  testRecovery,
} from "../../../main/secrets/recovery.ts";
import { openVault } from "../../../main/secrets/vault.ts";
import { eventually } from "../../fixtures/conditions.ts";
import { mortal } from "./mortal.ts";
import { type RecoverySetup, recoverySetup, refusedBy } from "./recovery-setup.ts";

let setup: RecoverySetup;
beforeEach(async () => void (setup = await recoverySetup()));
afterEach(() => setup.close());

describe("a process that dies", () => {
  type Moment = "before" | "after";
  interface Death {
    readonly steps: readonly string[];
    readonly died: boolean;
  }

  /** Does the work in a process that dies at this step. */
  async function dieDuring(
    step: number,
    moment: Moment,
    work: (services: RecoveryServices) => Promise<unknown>,
  ): Promise<Death> {
    const process = mortal(setup.database);
    const place = process.place(setup.filePlace());
    const vault = await openVault({ database: process.database, clock: systemClock, place });
    process.dieAt(step, moment);
    const died = await work({ ...setup.servicesOf(vault, place), database: process.database }).then(
      () => false,
      () => true,
    );
    if (!died) await process.database.close();
    return { steps: process.steps(), died };
  }

  /** What a dead process held is free as soon as the server has found its connection gone. */
  async function onceFree<T>(work: () => Promise<T>): Promise<T> {
    for (;;) {
      try {
        return await work();
      } catch (error) {
        if (asRefusal(error)?.code !== "key_rotating") throw error;
      }
    }
  }

  test.each<Moment>(["before", "after"])("%s any step of making a code leaves one in force", async (moment) => {
    const { vault, code: first } = await setup.withCode();
    let known = first;
    const seen: string[] = [];
    for (let step = 0; ; step += 1) {
      const before = (await setup.recoveries()).length;
      const { steps, died } = await dieDuring(step, moment, createRecovery);
      const note = `${moment} step ${step} (${steps[step] ?? "none"})`;
      const rows = await setup.recoveries();
      expect([note, rows.filter(({ state }) => state === "active").length]).toEqual([note, 1]);
      // Either nothing came of it and the code at hand still works, or it was replaced, and the next one is made.
      const refusal = await refusedBy(testRecovery(setup.servicesOf(vault), known));
      expect([note, refusal?.code]).toEqual([note, rows.length > before ? "recovery_code_wrong" : undefined]);
      known = (await onceFree(() => createRecovery(setup.servicesOf(vault)))).code;
      if (!died) break;
      seen.push(steps[step] ?? "");
    }
    expect(seen).toEqual(expect.arrayContaining(["commit"]));
    await rm(setup.keyFile);
    expect(await openWithRecovery(setup.servicesOf(await setup.open()), known)).toMatchObject({ state: "ready" });
  });

  test.each<Moment>(["before", "after"])("%s any step of opening the vault leaves it to be opened", async (moment) => {
    const { code, keyFile } = await setup.withCode();
    const foreign = keyText(masterKey(randomBytes(32)));
    const seen: string[] = [];
    for (let step = 0; ; step += 1) {
      await writeFile(setup.keyFile, foreign);
      const { steps, died } = await dieDuring(step, moment, (services) => openWithRecovery(services, code));
      const note = `${moment} step ${step} (${steps[step] ?? "none"})`;
      const vault = await setup.open();
      if (vault.state() === "locked") await onceFree(() => openWithRecovery(setup.servicesOf(vault), code));
      expect([note, vault.state()]).toEqual([note, "ready"]);
      await setup.expectOpen(vault);
      expect(await readFile(setup.keyFile, "utf8")).toBe(keyFile);
      const asides = (await setup.files()).filter((file) => file.includes(".replaced-"));
      expect([note, asides.length]).toEqual([note, step + 1]);
      if (!died) break;
      seen.push(steps[step] ?? "");
    }
    expect(seen).toEqual(expect.arrayContaining(["place.put", "commit"]));
  });

  test("after any step of a key that comes back from aside it is there, and so is the one that it replaces", async () => {
    const { keyFile } = await setup.withCode();
    const foreign = keyText(masterKey(randomBytes(32)));
    const asides = async () => (await setup.files()).filter((file) => file.includes(".replaced-"));
    const seen: string[] = [];
    for (let step = 0; ; step += 1) {
      for (const left of await asides()) await rm(path.join(path.dirname(setup.keyFile), path.basename(left)));
      await writeFile(setup.keyFile, foreign, { mode: 0o600 });
      await writeFile(`${setup.keyFile}.replaced-before`, keyFile, { mode: 0o600 });
      const process = mortal(setup.database);
      process.dieAt(step, "after");
      await openVault({
        database: process.database,
        clock: systemClock,
        place: process.place(setup.filePlace()),
      }).catch(() => undefined);
      const name = process.steps()[step];
      if (name === undefined) await process.database.close();
      const vault = await setup.open();
      expect([step, name, vault.state()]).toEqual([step, name, "ready"]);
      // What the dead one held is free as soon as the server has found its connection gone.
      await eventually(async () => {
        await vault.health();
        return (await readFile(setup.keyFile, "utf8")) === keyFile;
      });
      const kept = await Promise.all(
        (await asides()).map((left) => readFile(path.join(path.dirname(setup.keyFile), path.basename(left)), "utf8")),
      );
      expect([step, name, kept]).toEqual([step, name, expect.arrayContaining([foreign])]);
      if (name === undefined) break;
      seen.push(name);
    }
    expect(seen).toEqual(expect.arrayContaining(["place.put", "place.discardAside"]));
  });
});
