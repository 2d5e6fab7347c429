import { readFile, rm } from "node:fs/promises";
import { expect, test } from "vitest";
import { systemClock } from "../../../main/instance/clock.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { custodyPlace } from "../../../main/secrets/custody-place.ts";
import { keepInFile } from "../../../main/secrets/custody.ts";
import { fileKeyPlace } from "../../../main/secrets/file-key-place.ts";
import { keychainKeyPlace } from "../../../main/secrets/keychain-key-place.ts";
import { systemKeychain } from "../../../main/secrets/keychain.ts";
import { createRecovery, openWithRecovery } from "../../../main/secrets/recovery.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import { keychainEntry } from "../../fixtures/keychain-entry.ts";
import { insertCompany, secretsSetup } from "./setup.ts";

test("the recovery code opens a vault whose keychain is away, and keeps the key in the file from then on", async () => {
  const [setup, entry] = await Promise.all([secretsSetup(), keychainEntry()]);
  try {
    const { keyFile, root, secretsDirectory, database } = setup;
    const keychain = systemKeychain({ entry: entry.path, processEnv: { XDG_RUNTIME_DIR: "/nonexistent" } });
    const places = {
      file: fileKeyPlace({ secretsDirectory, keyFile, keyFileIsDefault: true }),
      keychain: keychainKeyPlace({ keychain, root, keyFile }),
    };
    const acting = { database, clock: systemClock, actor: OPERATOR };
    const first = await setup.open();
    await createSecret(setup.store(first), { companyId: await insertCompany(database), key: "a", value: "value of a" });
    const { code, keyId } = await createRecovery({ ...acting, vault: first, place: places.file });
    const text = await readFile(keyFile, "utf8");
    await rm(keyFile);

    const place = custodyPlace(places, "keychain");
    const saved: string[] = [];
    const custody = {
      places,
      place,
      intentFile: `${secretsDirectory}/custody-move.json`,
      save: async (to: "file" | "keychain") => {
        saved.push(to);
        place.switchTo(to);
      },
    };
    const vault = await setup.open({ place });
    expect(vault.state()).toBe("locked");
    const opened = await openWithRecovery(
      { ...acting, vault, place, keepElsewhere: (key, now) => keepInFile(custody, key, now) },
      code,
    );
    expect(opened).toEqual({ state: "ready", keyId, keptAside: null });
    expect([await readFile(keyFile, "utf8"), saved]).toEqual([text, ["file"]]);
    expect((await setup.open()).state()).toBe("ready");
  } finally {
    await Promise.all([setup.close(), entry.remove()]);
  }
});
