import { readFile } from "node:fs/promises";
import { expect } from "vitest";
import { asRefusal, type Refusal } from "../../../main/contract/refusal.ts";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import type { KeyPlace } from "../../../main/secrets/key-place.ts";
import { type RecoveryServices, createRecovery } from "../../../main/secrets/recovery.ts";
import { versionMaterial } from "../../../main/secrets/sealing.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import type { Vault } from "../../../main/secrets/vault.ts";
import { type SecretsSetup, insertCompany, secretsSetup } from "./setup.ts";

/** An open vault with a secret and a recovery code. */
interface WithCode {
  readonly vault: Vault;
  readonly code: string;
  readonly keyId: string;
  readonly keyFile: string;
}

export interface RecoverySetup extends SecretsSetup {
  readonly companyId: string;
  filePlace(keyFileIsDefault?: boolean): KeyPlace;
  servicesOf(vault: Vault, place?: KeyPlace): RecoveryServices;
  withCode(): Promise<WithCode>;
  /** Holds that the vault is open and opens the secret of `withCode`. */
  expectOpen(vault: Vault): Promise<void>;
  /** Every recovery code there was, oldest first. */
  recoveries(): Promise<Record<string, unknown>[]>;
}

export async function recoverySetup(): Promise<RecoverySetup> {
  const setup = await secretsSetup();
  const companyId = await insertCompany(setup.database);
  const filePlace = (keyFileIsDefault = true) =>
    fileKeyPlace({ secretsDirectory: setup.secretsDirectory, keyFile: setup.keyFile, keyFileIsDefault });
  const servicesOf = (vault: Vault, place: KeyPlace = filePlace()): RecoveryServices => ({
    database: setup.database,
    vault,
    place,
    clock: systemClock,
    actor: OPERATOR,
  });
  return {
    ...setup,
    companyId,
    filePlace,
    servicesOf,
    withCode: async () => {
      const vault = await setup.open();
      await createSecret(setup.store(vault), { companyId, key: "a", value: "value of a" });
      const { code, keyId } = await createRecovery(servicesOf(vault));
      return { vault, code, keyId, keyFile: await readFile(setup.keyFile, "utf8") };
    },
    expectOpen: async (vault) => {
      expect(vault.state()).toBe("ready");
      const { rows } = await setup.database.pool.query<{ secretId: string; version: number; material: unknown }>(
        `select secret_id as "secretId", version, material from company_secret_versions`,
      );
      expect(rows).toHaveLength(1);
      for (const { secretId, version, material } of rows) {
        expect(await vault.open({ companyId, secretId, version }, versionMaterial.parse(material))).toBe("value of a");
      }
    },
    recoveries: async () =>
      (
        await setup.database.pool.query<Record<string, unknown>>(
          "select state, recipient, key_id, sealed_key is not null as sealed, tested_at, replaced_at from vault_recoveries order by created_at",
        )
      ).rows,
  };
}

/** What a piece of work was refused with, or null. */
export async function refusedBy(work: Promise<unknown>): Promise<Refusal | null> {
  return asRefusal(
    await work.then(
      () => null,
      (error: unknown) => error,
    ),
  );
}
