import { randomBytes } from "node:crypto";
import { mkdir, readFile, readlink, rename, rm, symlink, writeFile } from "node:fs/promises";
import path from "node:path";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { asRefusal, Refusal } from "../../../main/contract/refusal.ts";
import { OPERATOR } from "../../../main/record/activity.ts";
import { keyText, masterKey } from "../../../main/secrets/master-key.ts";
import { createRecovery, openWithRecovery, testRecovery } from "../../../main/secrets/recovery.ts";
import { makeCode } from "../../../main/secrets/recovery-copy.ts";
import { forgetKeys } from "../../../main/secrets/retired-keys.ts";
import { createRotator } from "../../../main/secrets/rotator.ts";
import { createSecret } from "../../../main/secrets/store.ts";
import { type Vault } from "../../../main/secrets/vault.ts";
import { everyRow } from "./setup.ts";
import { type RecoverySetup, recoverySetup, refusedBy } from "./recovery-setup.ts";

let setup: RecoverySetup;
beforeEach(async () => void (setup = await recoverySetup()));
afterEach(() => setup.close());

const rotatorOf = (vault: Vault) => createRotator({ ...setup.servicesOf(vault), log: { warn: () => undefined } });
const activities = async () =>
  (
    await setup.database.pool.query<{ action: string }>(
      "select action from activity_log where entity_type = 'vault' order by created_at",
    )
  ).rows.map(({ action }) => action);

describe("a recovery code", () => {
  test("is made, proves itself, and is kept nowhere", async () => {
    const { vault, code, keyId } = await setup.withCode();
    expect(code).toMatch(/^AGE-SECRET-KEY-1[0-9A-Z]{58}$/);
    expect((await vault.health()).findings).toContainEqual(
      expect.objectContaining({ message: expect.stringContaining("never tested"), next: expect.anything() }),
    );
    expect(await testRecovery(setup.servicesOf(vault), code)).toMatchObject({ keyId, testedAt: expect.any(String) });
    expect(await setup.recoveries()).toMatchObject([{ state: "active", key_id: keyId, sealed: true }]);
    expect(await activities()).toEqual(["recovery.created", "recovery.tested"]);
    const rows = await everyRow(setup.database);
    for (const secret of [code, code.slice(20), keyText(vault.keys().master).trim()])
      expect(rows).not.toContain(secret);
    expect(await setup.files()).toEqual(["secrets", "secrets/master.key"]);
  });

  test("is read as people write it down", async () => {
    const { vault, code } = await setup.withCode();
    const file = `# created: today\n# public key: age1…\n${code}\n`;
    const groups = code.toLowerCase().replaceAll(/(.{6})/g, "$1 ");
    for (const text of [`${code}\n`, ` ${code.toLowerCase()}\r\n`, groups, groups.replaceAll(" ", "\n"), file]) {
      expect(await testRecovery(setup.servicesOf(vault), text)).toMatchObject({ testedAt: expect.any(String) });
    }
  });

  test("ends the one before, which is told by its date", async () => {
    const { vault, code: before } = await setup.withCode();
    const { code, replaced } = await createRecovery(setup.servicesOf(vault));
    expect(replaced).not.toBeNull();
    expect(await setup.recoveries()).toMatchObject([
      { state: "replaced", sealed: false, replaced_at: expect.any(Date) },
      { state: "active", sealed: true, replaced_at: null },
    ]);
    const [old] = await setup.recoveries();
    const day = (old?.["replaced_at"] as Date | undefined)?.toISOString().slice(0, 10);
    const refusal = await refusedBy(testRecovery(setup.servicesOf(vault), before));
    expect(refusal).toMatchObject({ code: "recovery_code_wrong" });
    expect(refusal?.message).toContain(`replaced by a newer one on ${day}`);
    expect(await testRecovery(setup.servicesOf(vault), code)).toBeTruthy();
  });

  test("stays the same when the master key is rotated, and opens the new key", async () => {
    const { vault, code, keyId: old } = await setup.withCode();
    const { keyId } = await rotatorOf(vault).rotate(OPERATOR);
    await forgetKeys({ database: setup.database, vault, actor: OPERATOR }, old);
    expect(await setup.recoveries()).toMatchObject([{ state: "active", key_id: keyId }]);
    expect(await testRecovery(setup.servicesOf(vault), code)).toMatchObject({ keyId });
    await rm(setup.keyFile);
    const locked = await setup.open();
    expect(await openWithRecovery(setup.servicesOf(locked), code)).toMatchObject({ state: "ready", keyId });
    await setup.expectOpen(await setup.open());
  });

  test("of one key is told where the database expects another", async () => {
    const { vault, code } = await setup.withCode();
    await setup.database.pool.query("update vault_recoveries set key_id = $1", ["0".repeat(16)]);
    expect(await refusedBy(testRecovery(setup.servicesOf(vault), code))).toMatchObject({ code: "key_invalid" });
    expect(await vault.health()).toMatchObject({ level: "warn" });
  });

  test("made twice at once leaves one in force", async () => {
    const { vault } = await setup.withCode();
    const made = await Promise.allSettled([
      createRecovery(setup.servicesOf(vault)),
      createRecovery(setup.servicesOf(vault)),
    ]);
    for (const one of made.filter(({ status }) => status === "rejected")) {
      expect(asRefusal((one as PromiseRejectedResult).reason)?.code).toBe("key_rotating");
    }
    const codes = made.flatMap((one) => (one.status === "fulfilled" ? [one.value.code] : []));
    expect((await setup.recoveries()).filter(({ state }) => state === "active")).toHaveLength(1);
    const works = await Promise.all(codes.map((code) => refusedBy(testRecovery(setup.servicesOf(vault), code))));
    expect(works.filter((refusal) => refusal === null)).toHaveLength(1);
  });
});

describe("the recovery code opens a vault", () => {
  const foreign = keyText(masterKey(randomBytes(32)));
  const losses: [string, { spoil: () => Promise<unknown>; aside: boolean }][] = [
    ["whose key file is gone", { spoil: () => rm(setup.keyFile), aside: false }],
    ["whose folder is gone", { spoil: () => rm(setup.secretsDirectory, { recursive: true }), aside: false }],
    ["that has another key", { spoil: () => writeFile(setup.keyFile, foreign), aside: true }],
    ["that has half a key", { spoil: () => writeFile(setup.keyFile, "half"), aside: true }],
    [
      "that has a symlink",
      {
        spoil: async () => {
          await rename(setup.keyFile, path.join(setup.root, "elsewhere"));
          await symlink(path.join(setup.root, "elsewhere"), setup.keyFile);
        },
        aside: true,
      },
    ],
    [
      "that has a folder",
      {
        spoil: async () => {
          await rm(setup.keyFile);
          await mkdir(setup.keyFile);
        },
        aside: true,
      },
    ],
    [
      "whose recovery was cut off between two names",
      {
        spoil: async () => {
          await rm(setup.keyFile);
          await writeFile(`${setup.keyFile}.replaced-before`, foreign);
          await writeFile(`${setup.keyFile}.incoming`, "half");
          await writeFile(`${setup.keyFile}.incoming.unfinished`, "half");
        },
        aside: false,
      },
    ],
  ];

  test.each(losses)("%s, and keeps what stood there", async (_, { spoil, aside }) => {
    const { code, keyId, keyFile } = await setup.withCode();
    await spoil();
    const left = await setup.files();
    const vault = await setup.open();
    expect(vault.state()).toBe("locked");
    expect((await vault.health()).findings.map(({ next }) => next).join()).toContain("secrets key recovery open");
    const { keptAside, ...opened } = await openWithRecovery(setup.servicesOf(vault), code);
    expect(opened).toEqual({ state: "ready", keyId });
    expect(keptAside !== null).toBe(aside);
    await setup.expectOpen(vault);
    await setup.expectOpen(await setup.open());
    expect(await readFile(setup.keyFile, "utf8")).toBe(keyFile);
    expect(await activities()).toEqual(["recovery.created", "recovery.used"]);
    // Only what a recovery leaves unfinished is tidied away.
    const lost = left.filter((file) => !file.includes(".incoming"));
    expect(await setup.files()).toEqual(expect.arrayContaining(lost));
  });

  test("is not needed where the key that is expected stands aside: the two change places again", async () => {
    const { keyId, keyFile } = await setup.withCode();
    await rename(setup.keyFile, `${setup.keyFile}.replaced-before`);
    await writeFile(setup.keyFile, foreign, { mode: 0o600 });
    const vault = await setup.open();
    expect([vault.state(), vault.keyId()]).toEqual(["ready", keyId]);
    expect(await readFile(setup.keyFile, "utf8")).toBe(keyFile);
    const aside = (await setup.files()).filter((file) => file.includes(".replaced-"));
    expect(aside).toHaveLength(1);
    expect(await readFile(path.join(path.dirname(setup.keyFile), path.basename(aside[0] ?? "")), "utf8")).toBe(foreign);
  });

  test("and moves a symlink, never what it leads to", async () => {
    const { code } = await setup.withCode();
    const target = path.join(setup.root, "elsewhere");
    await writeFile(target, "not ours");
    await rm(setup.keyFile);
    await symlink(target, setup.keyFile);
    const { keptAside } = await openWithRecovery(setup.servicesOf(await setup.open()), code);
    expect(await readlink(keptAside ?? "")).toBe(target);
    expect(await readFile(target, "utf8")).toBe("not ours");
  });

  test("at a path of the operator's choice where nothing is, and changes nothing where something is", async () => {
    const { code, keyFile } = await setup.withCode();
    await writeFile(setup.keyFile, foreign);
    const vault = await setup.open({ keyFileIsDefault: false });
    const services = setup.servicesOf(vault, setup.filePlace(false));
    expect(await refusedBy(openWithRecovery(services, code))).toMatchObject({ code: "key_fixed" });
    expect(await readFile(setup.keyFile, "utf8")).toBe(foreign);
    await rm(setup.keyFile);
    expect(await openWithRecovery(services, code)).toMatchObject({ state: "ready", keptAside: null });
    expect(await readFile(setup.keyFile, "utf8")).toBe(keyFile);
  });

  test("for another process on the database too", async () => {
    const { code } = await setup.withCode();
    await rm(setup.keyFile);
    const [vault, other] = [await setup.open(), await setup.open()];
    await openWithRecovery(setup.servicesOf(vault), code);
    await other.makeReady();
    await setup.expectOpen(other);
  });

  test("once, where it is asked for several times at once", async () => {
    const { code, keyFile } = await setup.withCode();
    await writeFile(setup.keyFile, foreign);
    const [vault, other] = [await setup.open(), await setup.open()];
    const answers = await Promise.allSettled(
      [vault, vault, other].map((one) => openWithRecovery(setup.servicesOf(one), code)),
    );
    for (const answer of answers.filter(({ status }) => status === "rejected")) {
      expect(asRefusal((answer as PromiseRejectedResult).reason)?.code).toMatch(/^(vault_open|key_rotating)$/);
    }
    expect(answers.filter(({ status }) => status === "fulfilled")).toHaveLength(1);
    expect(await readFile(setup.keyFile, "utf8")).toBe(keyFile);
    const files = await setup.files();
    const aside = files.find((file) => file.includes(".replaced-")) ?? "";
    expect(await readFile(path.join(setup.root, aside), "utf8")).toBe(foreign);
    expect(files).toHaveLength(3);
    for (const one of [vault, await setup.open()]) await setup.expectOpen(one);
  });
});

describe("with a recovery code nothing is changed", () => {
  const unchanged = async (work: () => Promise<unknown>, code: string, message: RegExp) => {
    const before = [await setup.recoveries(), await setup.files()];
    const refusal = await refusedBy(work());
    expect(refusal?.code).toBe(code);
    expect(refusal?.message).toMatch(message);
    expect(refusal?.data.next).toBeTruthy();
    expect([await setup.recoveries(), await setup.files()]).toEqual(before);
  };
  const locked = async () => {
    const { code, keyFile } = await setup.withCode();
    await rm(setup.keyFile);
    return { code, keyFile, services: setup.servicesOf(await setup.open()) };
  };

  test("while the vault is open", async () => {
    const { vault, code } = await setup.withCode();
    await unchanged(() => openWithRecovery(setup.servicesOf(vault), code), "vault_open", /the vault is open/);
  });

  test("while there is no key yet", async () => {
    const services = setup.servicesOf(await setup.open());
    const { code } = await makeCode();
    await unchanged(() => createRecovery(services), "vault_uninitialized", /no master key yet/);
    await unchanged(() => openWithRecovery(services, code), "vault_uninitialized", /no master key yet/);
  });

  test("while the vault is locked, and a code or a drill is asked for", async () => {
    const { services, code } = await locked();
    await unchanged(() => createRecovery(services), "vault_locked", /is missing/);
    await unchanged(() => testRecovery(services, code), "vault_locked", /is missing/);
  });

  test("while a wrong key comes from the environment", async () => {
    const { code } = await locked();
    const vault = await setup.open({ environmentKey: randomBytes(32).toString("hex") });
    await unchanged(() => openWithRecovery(setup.servicesOf(vault), code), "key_fixed", /PAPERCLIP_SECRETS_MASTER_KEY/);
  });

  test("where none was ever made", async () => {
    const vault = await setup.open();
    await createSecret(setup.store(vault), { companyId: setup.companyId, key: "a", value: "value of a" });
    const { code } = await makeCode();
    await unchanged(
      () => testRecovery(setup.servicesOf(vault), code),
      "recovery_missing",
      /no recovery code was ever made/,
    );
    await rm(setup.keyFile);
    const services = setup.servicesOf(await setup.open());
    await unchanged(() => openWithRecovery(services, code), "recovery_missing", /no recovery code was ever made/);
  });

  test("where it is another instance's", async () => {
    const { services } = await locked();
    const { code } = await makeCode();
    await unchanged(() => openWithRecovery(services, code), "recovery_code_wrong", /belongs to another instance/);
  });

  test("where one letter is wrong", async () => {
    const { services, code } = await locked();
    const wrong = code.slice(0, 40) + (code[40] === "Q" ? "P" : "Q") + code.slice(41);
    await unchanged(() => openWithRecovery(services, wrong), "recovery_code_invalid", /has a mistake in it/);
  });

  test("where the copy in the database is damaged, or of another key", async () => {
    const { services, code } = await locked();
    const spoil = (sql: string, values: unknown[] = []) => setup.database.pool.query(sql, values);
    const [kept] = (await spoil("select recipient, sealed_key from vault_recoveries")).rows as { sealed_key: string }[];
    const damaged = [kept?.sealed_key.replace(/^(.{80})./s, "$1!") ?? "", kept?.sealed_key.slice(0, 200) ?? "", ""];
    for (const text of damaged) {
      await spoil("update vault_recoveries set sealed_key = $1", [text]);
      await unchanged(() => openWithRecovery(services, code), "key_invalid", /is damaged/);
    }
  });

  test("where the other keys of the vault are damaged: a key that opens nothing is not put there", async () => {
    const { services, code } = await locked();
    await setup.database.pool.query("update vault_keys set wrapped_key = null where purpose = 'fingerprint'");
    await unchanged(() => openWithRecovery(services, code), "vault_locked", /fingerprint key .* missing or damaged/);
  });

  test("where the disk is full: the next try opens it", async () => {
    const { services, code } = await locked();
    const full = { ...services.place, put: () => Promise.reject(new Refusal("disk_full", "Full.", { next: "Room." })) };
    await unchanged(() => openWithRecovery({ ...services, place: full }, code), "disk_full", /Full/);
    expect(services.vault.state()).toBe("locked");
    expect(await openWithRecovery(services, code)).toMatchObject({ state: "ready" });
  });

  test("by any other text, which is never repeated", async () => {
    const { services } = await locked();
    await fc.assert(
      fc.asyncProperty(fc.string({ minLength: 5, unit: "grapheme" }), async (text) => {
        const refusal = await refusedBy(openWithRecovery(services, `~${text}~`));
        expect(refusal?.code).toBe("recovery_code_invalid");
        expect(JSON.stringify([refusal?.message, refusal?.data])).not.toContain(
          JSON.stringify(`~${text}~`).slice(1, -1),
        );
      }),
      { numRuns: 25 },
    );
  });
});
