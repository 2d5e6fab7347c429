import { createHash, randomBytes } from "node:crypto";
import { mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from "node:fs/promises";
import { request } from "node:http";
import { connect } from "node:net";
import os from "node:os";
import path from "node:path";
import { gzipSync } from "node:zlib";
import { afterEach, beforeEach, expect, test } from "vitest";
import { createArchive } from "../../../../main/backup/archive-writer.ts";
import { backupToCopy } from "../../../../main/backup/copy.ts";
import { listBackups } from "../../../../main/backup/folder.ts";
import {
  chunkEntry,
  FORM,
  FORMAT,
  HEADER,
  type Header,
  migrationEntry,
  MIGRATIONS,
  SEQUENCES,
  SUMS,
  type Sums,
} from "../../../../main/backup/format.ts";
import { createReceiver, type Receiver } from "../../../../main/backup/receive.ts";
import type { Shell } from "../../../../main/contract/shell.ts";
import { serveBrowser } from "../../../../main/hosts/browser/server.ts";
import type { BrowserHost } from "../../../../main/hosts/browser/server.ts";
import type { Clock } from "../../../../main/instance/clock.ts";
import { originOf, visit } from "./visitor.ts";
import { isPrivate } from "../../../fixtures/private.ts";
import { silentLog } from "../../../fixtures/runner.ts";

// Backups that browsers send and fetch, over real HTTP and into a real folder.

const TAKEN = "2026-03-07T09:00:00.000Z";
let directory: string;
let backups: string;
let host: BrowserHost;
let receiver: Receiver;
let unexpected: unknown[] = [];
let shells: Shell[] = [];
let added = 0;
const clock: Clock = { now: () => new Date(TAKEN), monotonicMs: () => 0, after: () => () => undefined };

beforeEach(async () => {
  [unexpected, shells, added] = [[], [], 0];
  directory = await mkdtemp(path.join(os.tmpdir(), "pcd-backup-files-"));
  backups = path.join(directory, "backups");
  await writeFile(path.join(directory, "index.html"), "<!doctype html>");
  receiver = createReceiver({ directory: backups, clock, log: silentLog, added: async () => void (added += 1) });
  host = await serveBrowser({
    port: 0,
    rendererDirectory: directory,
    clock,
    accept: (_socket, shell) => shells.push(shell),
    reportUnexpected: (error) => unexpected.push(error),
  });
});
afterEach(async () => {
  await host.close();
  await rm(directory, { recursive: true, force: true });
});

const origin = () => originOf(host);
const visitor = () => visit(host, shells);

/** The address to send a file of that name to. */
function address(shell: Shell, name: string): string {
  if (shell.incoming.way !== "upload") throw new Error("a browser sends files");
  return shell.incoming.expect(async (content, bytes, signal) => ({
    file: await receiver.receive({ name, bytes }, content, signal),
  }));
}

interface Answer {
  readonly status: number;
  readonly said: unknown;
}

function put(where: string, headers: Record<string, string>, body: Buffer): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      { host: "127.0.0.1", port: host.port, path: where, method: "PUT", headers, agent: false },
      (response) => {
        let text = "";
        response.setEncoding("utf8").on("data", (chunk: string) => (text += chunk));
        response.on("end", () =>
          resolve({ status: response.statusCode ?? 0, said: text === "" ? null : (JSON.parse(text) as unknown) }),
        );
      },
    );
    outgoing.on("error", reject);
    outgoing.end(body);
  });
}

const SQL = Buffer.from("create table agents (id text);");
const sha256 = (data: Buffer) => createHash("sha256").update(data).digest("hex");

/** The file of a sound backup with a table of that many bytes; the sums are those of other rows where it is to be damaged. */
async function aBackup(bytes = 0, damaged = false): Promise<Buffer> {
  const rows = randomBytes(bytes);
  const table = { schema: "public", name: "agents" };
  const header: Header = {
    format: FORMAT,
    kind: "database",
    codec: "gzip",
    chunkBytes: 4 * 1024 * 1024,
    reason: "manual",
    app: { name: "paperclip-desktop", version: "0.1.0" },
    takenAt: TAKEN,
    server: { version: "17.5" },
    instance: { id: "default", companies: [{ name: "Acme", issuePrefix: "ACM" }] },
    keys: { master: null, needed: [] },
    schema: { migrations: [{ number: 1, name: "first", sha256: sha256(SQL) }] },
    tables: [{ ...table, columns: ["id"] }],
  };
  const file = path.join(directory, "made.tar");
  const archive = await createArchive(file, new Date(TAKEN));
  const add = (name: string, value: unknown) => archive.add(name, Buffer.from(JSON.stringify(value)));
  await add(HEADER, header);
  await add(MIGRATIONS, [{ number: 1, name: "first", sha256: sha256(SQL), appliedAt: TAKEN }]);
  await archive.add(migrationEntry({ number: 1, name: "first" }), SQL);
  await add(SEQUENCES, []);
  await add(FORM, []);
  await archive.add(chunkEntry(table, 0, 1), gzipSync(rows));
  const found = { rows: rows.filter((byte) => byte === 0x0a).length, bytes, sha256: sha256(damaged ? SQL : rows) };
  await add(SUMS, { format: FORMAT, tables: [{ ...table, ...found }], entries: [...archive.entries()] } satisfies Sums);
  await archive.finish();
  const content = await readFile(file);
  await rm(file);
  return content;
}

const sealed = Buffer.from(
  `age-encryption.org/v1\n-> scrypt ${"a".repeat(22)} 18\n${"b".repeat(43)}\n--- ${"c".repeat(43)}\nciphertext`,
);
const NAME = "paperclip-20260307T090000000Z-manual-received.tar";
const inFolder = () => readdir(backups).catch(() => []);

test("a backup that is sent lands in the folder whole, private, and under a name of the folder's own", async () => {
  const { cookie, shell } = await visitor();
  const content = await aBackup(3_000_000);
  const headers = { cookie, origin: origin() };
  const href = address(shell, "../../etc/passwd\r\n<b>.tar");
  expect(await put(href, headers, content)).toEqual({ status: 200, said: { file: NAME } });
  expect(await inFolder()).toEqual([NAME]);
  expect((await readFile(path.join(backups, NAME))).equals(content)).toBe(true);
  expect(await isPrivate(path.join(backups, NAME))).toBe(true);
  expect(added).toBe(1);
  // The address is spent, and another of the same instant takes no one's place.
  expect((await put(href, headers, content)).status).toBe(404);
  const second = NAME.replace("090000000Z", "090000001Z");
  expect(await put(address(shell, "x.tar"), headers, content)).toEqual({ status: 200, said: { file: second } });
  // One of everything is known by its beginning alone, and keeps the instant of its name.
  const full = "C:\\Users\\me\\paperclip-20260101T000000000Z-full.tar.age";
  expect(await put(address(shell, full), headers, sealed)).toMatchObject({
    said: { file: "paperclip-20260101T000000000Z-full-received.tar.age" },
  });
  expect(await put(address(shell, "mine.age"), headers, sealed)).toMatchObject({
    said: { file: "paperclip-20260307T090000000Z-full-received.tar.age" },
  });
  expect((await listBackups(backups)).filter(({ state }) => state === "sealed")).toMatchObject([
    { reason: "received", provenAt: null },
    { reason: "received", provenAt: null },
  ]);
});

test("nobody else sends a file, and nothing of theirs is kept", async () => {
  const [mine, other] = [await visitor(), await visitor()];
  const content = await aBackup();
  const href = address(mine.shell, "a.tar");
  const own = { cookie: mine.cookie, origin: origin() };
  expect((await put(href, { origin: origin() }, content)).status).toBe(401);
  expect((await put(href, { ...own, cookie: `paperclip_${host.port}=guess` }, content)).status).toBe(401);
  expect((await put(href, { ...own, cookie: other.cookie }, content)).status).toBe(403);
  expect((await put(href, { ...own, origin: "http://evil.example" }, content)).status).toBe(403);
  expect((await put(href, { cookie: mine.cookie }, content)).status).toBe(403);
  expect((await put(href, { ...own, host: "evil.example" }, content)).status).toBe(421);
  for (const where of ["/files/", "/files/x", "/files/../backups/a.tar", "/files/%2e%2e%2fbackups"])
    expect((await put(where, own, content)).status).toBe(404);
  expect((await put("/backups/a.tar", own, content)).status).toBe(405);
  expect((await put(href, { ...own, "transfer-encoding": "chunked" }, content)).status).toBe(411);
  expect(await inFolder()).toEqual([]);
  expect((await put(href, own, content)).status).toBe(200);
});

test("what is no backup, and what is too large, is refused in words, and leaves nothing", async () => {
  const { cookie, shell } = await visitor();
  const headers = { cookie, origin: origin() };
  const text = Buffer.from("a letter to my bank".repeat(100_000));
  const answer = await put(address(shell, "letter.txt"), headers, text);
  expect(answer).toMatchObject({
    status: 422,
    said: { code: "backup_invalid", next: expect.stringContaining(".tar") },
  });
  expect((answer.said as { message: string }).message).toMatch(/^letter\.txt is no sound backup/);
  expect(await put(address(shell, "empty.tar"), headers, Buffer.alloc(0))).toMatchObject({ status: 422 });
  // One that is damaged or cut is refused on arrival, not when it is needed.
  const damaged = await put(address(shell, "damaged.tar"), headers, await aBackup(2_000_000, true));
  expect(damaged).toMatchObject({
    status: 422,
    said: { message: expect.stringMatching(/^damaged\.tar .*sum differs/) },
  });
  const cut = (await aBackup(2_000_000)).subarray(0, -4_096);
  expect(await put(address(shell, "cut.tar"), headers, cut)).toMatchObject({ status: 422 });
  await expect(receiver.check({ name: "huge.tar", bytes: 2 * 1024 ** 4 })).rejects.toMatchObject({
    code: "backup_invalid",
    message: expect.stringContaining("1 TiB"),
  });
  // More than the disk has, or than any backup has: refused by its announced length, before any of it is written.
  const said = await new Promise<string>((resolve, reject) => {
    const socket = connect(host.port, "127.0.0.1");
    let heard = "";
    socket.on("error", reject).on("data", (data) => {
      heard += String(data);
      if (!heard.includes("}")) return;
      socket.destroy();
      resolve(heard);
    });
    socket.write(
      `PUT ${address(shell, "huge.tar")} HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nOrigin: ${origin()}\r\nCookie: ${cookie}\r\nContent-Length: ${2 * 1024 ** 4}\r\n\r\nfirst bytes`,
    );
  });
  expect(said).toMatch(/^HTTP\/1\.1 422 [\s\S]*1 TiB/);
  expect([await inFolder(), unexpected, added]).toEqual([[], [], 0]);
});

test("a file that breaks off in the middle leaves nothing, and the next one is taken", async () => {
  const { cookie, shell } = await visitor();
  const content = await aBackup(2_000_000);
  const socket = connect(host.port, "127.0.0.1");
  socket.write(
    `PUT ${address(shell, "cut.tar")} HTTP/1.1\r\nHost: 127.0.0.1:${host.port}\r\nOrigin: ${origin()}\r\nCookie: ${cookie}\r\nContent-Length: ${content.length}\r\n\r\n`,
  );
  socket.write(content.subarray(0, 1_000_000));
  await expect.poll(inFolder).toEqual([expect.stringMatching(/^received-.*\.partial$/)]);
  // Two at a time would count the same free space twice.
  expect(await put(address(shell, "b.tar"), { cookie, origin: origin() }, content)).toMatchObject({
    status: 409,
    said: { code: "backup_running" },
  });
  socket.destroy();
  await expect.poll(inFolder).toEqual([]);
  expect(await put(address(shell, "b.tar"), { cookie, origin: origin() }, content)).toMatchObject({ status: 200 });
  expect([await inFolder(), unexpected]).toEqual([[NAME], []]);
});

test("a file that is given up once it came whole is not taken", async () => {
  const content = await aBackup(1_000);
  const gone = new AbortController();
  async function* pieces() {
    yield content;
    gone.abort();
  }
  const taken = receiver.receive({ name: "a.tar", bytes: content.length }, pieces(), gone.signal);
  await expect(taken).rejects.toMatchObject({ name: "AbortError" });
  expect([await inFolder(), added]).toEqual([[], 0]);
});

test("a backup of the folder is fetched by the session that asked, and nothing else is", async () => {
  const [mine, other] = [await visitor(), await visitor()];
  await mkdir(backups, { recursive: true });
  const content = randomBytes(2_000_000);
  await writeFile(path.join(backups, NAME), content);
  await writeFile(path.join(backups, "proofs.json"), "{}");
  await writeFile(path.join(directory, "master.key"), "outside");
  const link = "paperclip-20260308T090000000Z-manual.tar";
  await symlink(path.join(directory, "master.key"), path.join(backups, link));
  for (const name of [
    "proofs.json",
    "../master.key",
    path.join(directory, "master.key"),
    link,
    `../backups/${NAME}`,
    "",
  ])
    await expect(backupToCopy(backups, name)).rejects.toMatchObject({ code: "backup_missing" });

  const saved = await mine.shell.saveBackup(await backupToCopy(backups, NAME));
  const href = saved.outcome === "download" ? saved.href : "";
  const status = async (headers: Record<string, string>) => (await fetch(origin() + href, { headers })).status;
  expect([await status({}), await status({ cookie: other.cookie })]).toEqual([401, 403]);
  const answer = await fetch(origin() + href, { headers: { cookie: mine.cookie } });
  expect(Object.fromEntries(answer.headers)).toMatchObject({
    "content-type": "application/octet-stream",
    "content-length": String(content.length),
    "content-disposition": `attachment; filename="${NAME}"`,
    "cache-control": "no-store",
    "x-content-type-options": "nosniff",
  });
  expect(Buffer.from(await answer.arrayBuffer()).equals(content)).toBe(true);
  expect(await status({ cookie: mine.cookie })).toBe(404);
});
