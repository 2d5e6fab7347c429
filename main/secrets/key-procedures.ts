import type { VaultKeys } from "../../preload/contract/vault-keys.ts";
import { implementer } from "../contract/implementer.ts";
import type { Database } from "../database/database.ts";
import type { Clock } from "../instance/clock.ts";
import { OPERATOR } from "../record/activity.ts";
import { type OpenCustody, keepInFile, setCustody } from "./custody.ts";
import { readKeyRows } from "./key-rows.ts";
import type { MasterKey } from "./master-key.ts";
import { createRecovery, openWithRecovery, recoveryEntry, testRecovery } from "./recovery.ts";
import { forgetKeys, listRetired } from "./retired-keys.ts";
import { whyNotRotatable } from "./rotation.ts";
import type { Rotator } from "./rotator.ts";
import type { Vault } from "./vault.ts";

export interface KeyServices {
  readonly database: Database;
  readonly vault: Vault;
  readonly custody: OpenCustody;
  readonly clock: Clock;
  readonly rotator: Rotator;
  /** Hears that the key is kept elsewhere from now on, which is a setting too. */
  readonly moved: () => void;
}

/** The area `keys` of the contract. */
export function keyProcedures(services: KeyServices) {
  const area = implementer.keys;
  const { database, vault, custody, rotator } = services;
  const acting = { ...services, place: custody.place, actor: OPERATOR };
  return {
    show: area.show.handler(() => showKeys(services)),
    rotate: area.rotate.handler(async () => {
      const { keyId, retiredKeyId, done } = await rotator.rotate(OPERATOR);
      const left = await countLeft(database);
      return { keyId, retiredKeyId, done, left };
    }),
    forget: area.forget.handler(({ input }) => forgetKeys({ database, vault, actor: OPERATOR }, input.keyId ?? null)),
    setCustody: area.setCustody.handler(async ({ input }) => {
      const change = await setCustody(acting, input.custody);
      services.moved();
      return change;
    }),
    createRecovery: area.createRecovery.handler(() => createRecovery(acting)),
    testRecovery: area.testRecovery.handler(({ input }) => testRecovery(acting, input.code)),
    openWithRecovery: area.openWithRecovery.handler(async ({ input }) => {
      const keepElsewhere = (key: MasterKey, now: Date) => keepInFile(custody, key, now);
      const opened = await openWithRecovery({ ...acting, keepElsewhere }, input.code);
      services.moved();
      rotator.resume();
      return opened;
    }),
  };
}

async function countLeft(database: Database): Promise<number> {
  const { retired } = await readKeyRows(database.orm);
  return (await listRetired(database.orm, retired)).reduce((sum, { versions }) => sum + versions, 0);
}

async function showKeys({ database, vault, custody, rotator }: KeyServices): Promise<VaultKeys> {
  // A look that finishes what a rotation has left, and sees what others did.
  await vault.health();
  const view = vault.view();
  const rows = await readKeyRows(database.orm);
  const retired = await listRetired(database.orm, rows.retired);
  const why = whyNotRotatable({ vault, place: custody.place });
  const progress = rotator.progress();
  return {
    state: view.state,
    keyId: view.keys?.master.id ?? null,
    expectedKeyId: rows.expectedKeyId,
    createdAt: rows.master?.createdAt.toISOString() ?? null,
    custody: view.custody,
    retired,
    recovery: rows.recovery ? recoveryEntry(rows.recovery) : null,
    rotation: {
      running: progress !== null,
      done: progress ?? 0,
      left: retired.reduce((sum, { versions }) => sum + versions, 0),
      possible: why === null,
      why: why?.message ?? null,
      next: why?.data.next ?? null,
    },
  };
}
