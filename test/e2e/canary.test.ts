import { createHash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { readFile, rm, writeFile } from "node:fs/promises";
import http from "node:http";
import type net from "node:net";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { found, needlesOf, sweep, watchProcesses, type Needle } from "../fixtures/canary.ts";
import { freePort } from "../fixtures/free-port.ts";
import { testInstance, type Answer, type CallOptions, type TestInstance } from "../fixtures/instance.ts";

// Unique values go through every flow; then every file, every argument and every answer is searched for them.

const unique = () => randomBytes(12).toString("base64url");
const values = {
  plain: `canary-${unique()}`,
  rotated: `canary rotated ${unique()}`,
  special: `c"a'n$a r&y=%/\\+ ${unique()} ü→`,
  lines: `first-${unique()}\nsecond-${unique()}\nthird-${unique()}\n`,
  short: `k${randomBytes(3).toString("hex")}`,
  imported: `canary imported ${unique()}`,
};
const needles = Object.entries(values).flatMap(([label, value]) => needlesOf(label, value));

const AGENT = `
  const names = ["PLAIN", "SPECIAL", "LINES", "SHORT"];
  const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
  for (const name of names) {
    const value = process.env[name];
    const bytes = Buffer.from(value);
    process.stdout.write("digest " + name + " " + require("crypto").createHash("sha256").update(bytes).digest("hex") + "\\n");
    for (const pad of ["", "x", "xx"]) console.log(Buffer.from(pad + value + "tail").toString("base64"));
    for (const pad of ["", "x", "xx"]) console.log(Buffer.from(pad + value + "tail").toString("base64url"));
    console.log(value, bytes.toString("hex"), bytes.toString("hex").toUpperCase());
    console.log(encodeURIComponent(value), JSON.stringify({ value }));
    console.error("on stderr: " + value);
  }
  (async () => {
    for (const name of names) {
      const bytes = Buffer.from(process.env[name]);
      for (let cut = 1; cut < bytes.length; cut += 3) {
        process.stdout.write(bytes.subarray(0, cut));
        await wait(1);
        process.stdout.write(bytes.subarray(cut));
        process.stdout.write("\\n");
      }
    }
    console.log("spoken");
    if (process.env.THEN === "fail") process.exit(3);
    if (process.env.THEN === "stay") setInterval(() => console.log(process.env.PLAIN), 20);
  })();
`;

/** A service that says back what it was given, in every form, in its status line and in where it sends on to. */
const service = http.createServer((request, response) => {
  let body = "";
  request.setEncoding("utf8").on("data", (text: string) => (body += text));
  request.on("end", () => {
    const given = Object.values(JSON.parse(body) as Record<string, string>);
    const plain = request.headers.authorization ?? "";
    if (plain === `Bearer ${values.plain}`) served = given;
    response.writeHead(302, `for ${plain}`, { location: `https://${plain.slice("Bearer ".length)}.example/` });
    for (const value of [plain, body, ...given]) {
      const bytes = Buffer.from(value);
      for (const pad of ["", "x", "xx"]) response.write(`${Buffer.from(pad + value).toString("base64")}\n`);
      response.write(`${value} ${bytes.toString("hex")} ${encodeURIComponent(value)}\n${value.slice(0, 5)}`);
      response.write(`${value.slice(5)}\n`);
    }
    response.end();
  });
});
let served: string[] = [];

let instance: TestInstance;
const answers: string[] = [];
const watch = watchProcesses(needles);

async function run(args: readonly string[], options?: CallOptions): Promise<Answer> {
  const answer = await instance.run(args, options);
  answers.push(`${args.join(" ")}\n${answer.stdout}\n${answer.stderr}`);
  return answer;
}

/** As `run`, within this process; for commands on whose arguments no value stands. */
async function look(args: readonly string[]): Promise<Answer> {
  const answer = await instance.look(args);
  answers.push(`${args.join(" ")}\n${answer.stdout}\n${answer.stderr}`);
  return answer;
}

async function json<T>(args: readonly string[], options?: CallOptions): Promise<T> {
  const answer = await run([...args, "--json"], options);
  expect(answer.stderr).toBe("");
  return JSON.parse(answer.stdout) as T;
}

/** As `json`, within this process; for what has no value in its input either. */
async function ask<T>(args: readonly string[]): Promise<T> {
  const answer = await look([...args, "--json"]);
  expect(answer.stderr).toBe("");
  return JSON.parse(answer.stdout) as T;
}

beforeAll(async () => {
  instance = await testInstance();
});
afterAll(async () => {
  watch.stop();
  service.close();
  await instance.remove();
});

const inHome = (name: string) => path.join(instance.home, name);
const put = (name: string, content: object) => writeFile(inHome(name), JSON.stringify(content));
const secret = (key: string) => ({ type: "secret_ref", secret: key });
const env = { PLAIN: secret("plain"), SPECIAL: secret("special"), LINES: secret("lines"), SHORT: secret("short") };

test("no value of a secret stands anywhere but in the environment of its run", async () => {
  await writeFile(inHome("agent.cjs"), AGENT);
  await put("agent.json", { command: [process.execPath, inHome("agent.cjs")], instructions: "none" });
  await put("missing.json", { command: ["no-such-program-of-ours"], instructions: "none" });
  let serve = await instance.serve();
  await ask(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  await json(["secrets", "create", "--key", "plain", "--value-stdin"], { input: values.plain });
  await writeFile(path.join(instance.temporary, "value"), values.special);
  await json(["secrets", "create", "--key", "special", "--value-file", path.join(instance.temporary, "value")]);
  await writeFile(path.join(instance.temporary, "value"), "");
  await json(["secrets", "create", "--key", "lines", "--value-stdin"], { input: values.lines });
  await json(["secrets", "create", "--key", "short", "--value-stdin"], { input: values.short });
  await ask(["agents", "create", "--name", "speaker", "--adapter", "process", "--config-file", inHome("agent.json")]);
  await ask(["agents", "create", "--name", "absent", "--adapter", "process", "--config-file", inHome("missing.json")]);
  await importTwice();
  const routine = async (title: string, agent: string, then: string) => {
    await put("routine.json", { title, instructions: "Speak.", agent, env: { ...env, THEN: then } });
    await ask(["routines", "create", "--file", inHome("routine.json")]);
  };
  await routine("Speak", "speaker", "end");
  await routine("Fail", "speaker", "fail");
  await routine("Stay", "speaker", "stay");
  await routine("Absent", "absent", "end");

  // A run that says everything in every form: the values arrived, and the log shows none of them.
  const spoken = await json<{ id: string; status: string }>(["routines", "run", "Speak", "--wait"]);
  expect(spoken.status).toBe("succeeded");
  const { lines } = await ask<{ lines: { text: string }[] }>(["runs", "logs", spoken.id]);
  const text = lines.map((line) => line.text).join("\n");
  for (const [name, value] of [
    ["PLAIN", values.plain],
    ["SPECIAL", values.special],
    ["LINES", values.lines],
    ["SHORT", values.short],
  ]) {
    expect(text).toContain(
      `digest ${name} ${createHash("sha256")
        .update(value ?? "")
        .digest("hex")}`,
    );
  }
  expect(text).toContain("spoken");

  // A service that was given them says everything back, and its reason is as clean as its log.
  service.listen(0, "127.0.0.1");
  await once(service, "listening");
  await put("service.json", {
    url: `http://127.0.0.1:${(service.address() as net.AddressInfo).port}/`,
    headers: { authorization: "Bearer {{env.PLAIN}}" },
    body: '{"special": "{{env.SPECIAL}}", "lines": {{env.LINES}}, "short": {{env.SHORT}}}',
  });
  await ask(["agents", "create", "--name", "service", "--adapter", "http", "--config-file", inHome("service.json")]);
  await routine("Ask", "service", "end");
  expect((await run(["routines", "run", "Ask", "--wait", "--follow"])).stderr).toContain("sends on to ***.example");
  expect(served).toEqual([values.special, values.lines, values.short]);

  // Failure, spawn failure, cancel, crash of the owner.
  expect((await run(["routines", "run", "Fail", "--wait"])).code).toBe(1);
  expect((await run(["routines", "run", "Absent", "--wait"])).code).toBe(1);
  const stays = await ask<{ id: string }>(["routines", "run", "Stay"]);
  await said(stays.id);
  await ask(["runs", "cancel", stays.id]);
  await json(["secrets", "rotate", "plain", "--value-stdin"], { input: values.rotated });
  const crashed = await ask<{ id: string }>(["routines", "run", "Stay"]);
  await said(crashed.id);
  process.kill(serve.pid, "SIGKILL");
  await serve.ended;
  serve = await instance.serve();
  expect(await ask(["runs", "show", crashed.id])).toMatchObject({ status: "interrupted" });

  // Diff, restore, and every command that shows something, for people and for scripts.
  await put("changes.json", { env: { ...env, PLAIN: { ...secret("plain"), version: 1 }, SHORT: secret("special") } });
  await ask(["routines", "update", "Speak", "--file", inHome("changes.json")]);
  await ask(["routines", "restore", "Speak", "1"]);
  await ask(["secrets", "disable", "short"]);
  expect((await run(["routines", "run", "Speak", "--wait"])).code).toBe(1);
  const lastHour = { since: new Date(Date.now() - 3_600_000).toISOString(), until: new Date().toISOString() };
  const shown = [
    ["status"],
    ["doctor"],
    ["companies", "list"],
    ["companies", "show", "Acme"],
    ["open"],
    ["db:migrate"],
    ["call", "--list"],
    ["call", "secrets.get", "--input", '{"secret": "plain"}'],
    ["agents", "test", "speaker"],
    ["agents", "list"],
    ["agents", "show", "speaker"],
    ["agents", "test", "service"],
    ["agents", "show", "service"],
    ["routines", "preview", "Ask"],
    ["projects", "list"],
    ["routines", "list"],
    ["routines", "show", "Speak"],
    ["routines", "preview", "Speak"],
    ["routines", "revisions", "Speak"],
    ["routines", "diff", "Speak", "1", "2"],
    ["routines", "restore", "Speak", "2", "--preview"],
    ["routines", "export"],
    ["routines", "export", "Speak", "--format", "json"],
    ["runs", "list"],
    ["runs", "show", spoken.id],
    ["runs", "logs", spoken.id],
    ["runs", "show", crashed.id],
    ["runs", "logs", crashed.id],
    ["call", "runs.logLines", "--input", JSON.stringify({ run: spoken.id, from: 0, count: 2_000 })],
    ["call", "runs.logSearch", "--input", JSON.stringify({ run: spoken.id, text: "on stderr" })],
    ["runs", "prune-logs", "--preview", "--days", "0"],
    ["runs", "views", "save", "Spoken", "--text", "on stderr"],
    ["runs", "views", "list"],
    ["runs", "list", "--view", "Spoken"],
    ["call", "runs.timeline", "--input", JSON.stringify(lastHour)],
    ["call", "routines.attention"],
    ["inbox", "list"],
    ["call", "scheduler.outlook", "--input", JSON.stringify({ ...lastHour, buckets: 4 })],
    ["call", "routines.list", "--input", '{"text": "s", "sort": "last_run", "limit": 2}'],
    ["call", "secrets.list", "--input", '{"text": "p", "limit": 1}'],
    ["call", "secrets.events", "--input", '{"outcome": "failure"}'],
    ["call", "agents.adapters"],
    ["secrets", "list"],
    ["secrets", "show", "plain"],
    ["secrets", "usage", "plain"],
    ["secrets", "usage", "plain", "--before", "rollback", "--version", "1"],
    ["call", "secrets.versionUse", "--input", '{"secret": "plain"}'],
    ["secrets", "events"],
    ["secrets", "events", "--outcome", "failure", "--error-code", "secret_inactive"],
    ["audit", "verify"],
    ["audit", "status"],
    ["secrets", "migrate-inline-env"],
    ["secrets", "health"],
    ["secrets", "key", "show"],
    ["configure", "--section", "secrets"],
    ["db:status"],
    ["activity", "list"],
  ];
  for (const command of shown) {
    expect((await look(command)).stderr).not.toContain("error:");
    await look([...command, "--json"]);
  }
  // An old value is brought back, and destroyed; both without being shown.
  await run(["secrets", "rollback", "plain", "--version", "1"]);
  await run(["secrets", "disable", "plain", "--version", "2"]);
  await ask(["secrets", "destroy", "plain", "--version", "2"]);
  await ask(["secrets", "delete", "lines"]);
  // Bad input that holds a value is refused without repeating it.
  expect((await run(["secrets", "create", "--key", "plain", "--value-stdin"], { input: values.plain })).code).toBe(1);
  expect((await run(["secrets", "create", "--key", "nul", "--value-stdin"], { input: `${values.plain}\0` })).code).toBe(
    1,
  );
  await run(["stop"]);
  answers.push(JSON.stringify(await serve.ended));

  expect(
    answers.flatMap((answer) => found(Buffer.from(answer), needles).map((hit) => `${answer.slice(0, 60)}: ${hit}`)),
  ).toEqual([]);
  expect(watch.stop()).toEqual([]);
  expect(watch.looks()).toBeGreaterThan(20);
  expect(await sweep(instance.root, needles, [])).toEqual([]);
  expect(await sweep(instance.temporary, needles, [])).toEqual([]);
});

test("master keys stand in the file of the one in use, and a recovery code in the answer that shows it", async () => {
  const file = path.join(instance.root, "secrets", "master.key");
  const keyNeedles = async (label: string) => {
    const text = (await readFile(file, "utf8")).trim();
    const key = Buffer.from(text, "base64");
    expect(key).toHaveLength(32);
    return [key, Buffer.from(text), Buffer.from(key.toString("hex"))].map((bytes, form) => ({
      label: `${label}, form ${form}`,
      bytes,
    }));
  };
  const old = await keyNeedles("the old key");
  expect(await sweep(instance.root, old, [file])).toEqual([]);

  const paper = path.join(instance.temporary, "code");
  await json(["secrets", "key", "recovery", "create", "--out", paper]);
  const written = await readFile(paper, "utf8");
  const code = written.trim().split("\n").at(-1) ?? "";
  expect(code).toMatch(/^AGE-SECRET-KEY-1/);
  await writeFile(paper, "");
  const codes = [code, code.toLowerCase(), code.slice(20)].flatMap((text) => needlesOf("the code", text));
  const watching = watchProcesses([...old, ...codes]);
  await json(["secrets", "key", "recovery", "test", "--code-stdin"], { input: code });
  await json(["secrets", "key", "rotate"]);
  const kept = await keyNeedles("the new key");
  await writeFile(file, "not a key");
  const open = (input: string) => run(["secrets", "key", "recovery", "open", "--code-stdin"], { input });
  expect((await open(`${code.slice(0, -1)}!`)).code).toBe(1);
  // Up to here each command opened the instance itself; from here on they have an owner, whose files count too.
  const serve = await instance.serve();
  for (const input of [`${code}X`, code.slice(0, -4)]) expect((await open(input)).code).toBe(1);
  await json(["secrets", "key", "recovery", "open", "--code-stdin"], { input: written });
  for (const command of [["secrets", "key", "show"], ["secrets", "health"], ["activity", "list"], ["doctor"]]) {
    await look(command);
    await look([...command, "--json"]);
  }
  const passphrases = await backUp(written);
  await run(["stop"]);
  answers.push(JSON.stringify(await serve.ended));
  expect(watching.stop()).toEqual([]);
  const every = [...old, ...kept, ...codes, ...passphrases];
  expect(answers.flatMap((answer) => found(Buffer.from(answer), every))).toEqual([]);
  expect(await sweep(instance.root, [...old, ...codes, ...passphrases], [])).toEqual([]);
  expect(await sweep(instance.root, kept, [file])).toEqual([]);
  expect(await sweep(instance.temporary, every, [])).toEqual([]);
});

test("the signing key of a webhook stands in the file that was asked for, and what brings it along is stored without it", async () => {
  const port = await freePort();
  const serve = await instance.serve();
  await ask(["configure", "--section", "webhooks", "--set", `port=${port}`]);
  await put("hooked.json", { title: "Hooked", instructions: "{{note}}", agent: "absent" });
  await ask(["routines", "create", "--file", inHome("hooked.json")]);
  const of = ["--routine", "Hooked"];
  const kept = async (args: string[]) => {
    const file = path.join(instance.temporary, `key-${unique()}`);
    const answer = await json<{ webhook: { address: string } }>([...args, "--key-out", file]);
    const key = (await readFile(file, "utf8")).trim();
    await rm(file);
    return { key, address: answer.webhook.address };
  };
  const hook = ["triggers", "add", "--webhook", "--mode", "bearer", "--label", "hook"];
  expect((await run([...hook, ...of])).code).toBe(2);
  const { key: old, address } = await kept([...hook, ...of]);
  const rotate = ["call", "webhooks.rotate", "--input", '{"routine": "Hooked", "trigger": "hook"}'];
  expect((await run(rotate)).code).toBe(2);
  const { key: next } = await kept(rotate);
  const keys = [old, next].flatMap((key, index) => needlesOf(`signing key ${index + 1}`, key));
  const watching = watchProcesses(keys);
  const deliver = async (key: string, body: string, headers: Record<string, string> = {}) => {
    const sent = await fetch(address, {
      method: "POST",
      headers: { authorization: `Bearer ${key}`, ...headers },
      body,
    });
    answers.push(`${JSON.stringify([...sent.headers])} ${await sent.text()}`);
    return sent.status;
  };
  const asJson = { "content-type": "application/json" };
  expect(await deliver(old, JSON.stringify({ note: `it is ${old}`, [next]: [old] }), asJson)).toBe(202);
  expect(await deliver(next, `note=${next}`, { "content-type": "application/x-www-form-urlencoded" })).toBe(202);
  expect(await deliver(next, `{"${next}"`, asJson)).toBe(400);
  expect(await deliver(next, next, { "content-type": next })).toBe(415);
  expect(await deliver(next, "{}", { ...asJson, "idempotency-key": `for ${next}` })).toBe(400);
  expect(await deliver(`${next}x`, "{}", asJson)).toBe(401);
  await deliver(next, '{"note":"x"}', { ...asJson, "x-paperclip-test": next });
  // To an address that no webhook has.
  await fetch(`${address}/${next}?token=${next}`, { method: "POST", headers: { authorization: next }, body: next });
  for (const command of [
    ["triggers", "list", ...of],
    ["triggers", "deliveries", "hook", ...of],
    ["triggers", "test", "hook", ...of],
    ["call", "triggers.list", "--input", '{"routine": "Hooked"}'],
    ["routines", "diff", "Hooked", "1", "2"],
    ["secrets", "list"],
    ["secrets", "events"],
    ["activity", "list"],
    ["runs", "list", "--trigger", "hook"],
    ["status"],
  ]) {
    await look(command);
    await look([...command, "--json"]);
  }
  await ask(["triggers", "remove", "hook", ...of]);
  await run(["stop"]);
  answers.push(JSON.stringify(await serve.ended));
  expect(watching.stop()).toEqual([]);
  expect(answers.flatMap((answer) => found(Buffer.from(answer), keys))).toEqual([]);
  expect(await sweep(instance.root, keys, [])).toEqual([]);
  expect(await sweep(instance.temporary, keys, [])).toEqual([]);
});

test("the sweep finds what is there", async () => {
  await writeFile(path.join(instance.temporary, "planted"), Buffer.from(`xx${values.special}`).toString("base64"));
  expect((await sweep(instance.temporary, needles, [])).join()).toContain("special as base64+2");
});

/** Takes backups of each kind and opens them, rightly and wrongly; answers with what may stand in none of them. */
async function backUp(code: string): Promise<Needle[]> {
  const [passphrase, wrong] = [`canary passphrase ${unique()}`, `canary wrong ${unique()}`];
  const taken: { path: string }[] = [await json(["db:backup"])];
  const give = (input: string) => ({ input });
  taken.push(
    await json(["db:backup", "--full", "--passphrase-stdin"], give(passphrase)),
    await json(["db:backup", "--full"]),
  );
  const [one = "", byPassphrase = "", byCode = ""] = taken.map(({ path: file }) => file);
  expect((await run(["backups", "verify", byPassphrase, "--passphrase-stdin"], give(wrong))).code).toBe(1);
  expect((await run(["db:backup", "--full", "--passphrase-stdin"], give(wrong.slice(0, 9)))).code).toBe(1);
  await json(["backups", "verify", one]);
  await json(["backups", "verify", byPassphrase, "--passphrase-stdin"], give(passphrase));
  await json(["backups", "verify", byCode, "--code-stdin"], give(code));
  await run(["backups", "list"]);
  return [...needlesOf("the passphrase", passphrase), ...needlesOf("a wrong passphrase", wrong)];
}

/** Imports a .env file, for people and for scripts, and one that is not understood. */
async function importTwice(): Promise<void> {
  const file = path.join(instance.temporary, "value");
  const args = ["secrets", "import-env", file, "--layer", "agent", "--target", "absent"];
  await writeFile(file, `IMPORTED_TOKEN="${values.imported}"\nAGAIN='${values.imported}'`);
  await run([...args, "--secret", "AGAIN"]);
  const imported = await json<{ rows: object[] }>([...args, "--secret", "AGAIN", "--apply"]);
  expect(imported.rows).toMatchObject([{ outcome: "new_secret" }, { outcome: "existing_secret" }]);
  await run([...args, "--replace", "--apply"]);
  expect((await run([...args, "--plain", "IMPORTED_TOKEN", "--replace"])).code).toBe(0);
  await writeFile(file, `${values.imported}\nA="${values.imported}`);
  expect((await run(args)).code).toBe(1);
  const crontab = ["routines", "import", "--crontab", file];
  await writeFile(file, `CRON_TOKEN=${values.imported}\n${values.imported}\n0 0 * * * true\n`);
  await run(crontab);
  const jobs = await json<{ left: object[] }>([...crontab, "--apply"]);
  expect(jobs.left).toMatchObject([{ line: 2 }]);
  await writeFile(file, `title: A\nenv: {IMPORTED_TOKEN: ${values.imported}, B: {type: ${values.imported}}}\n`);
  expect((await run(["routines", "import", file, "--apply"])).code).toBe(1);
  await writeFile(file, "");
}

/** Waits until a run has said everything, over the stream that an operator would follow. */
async function said(runId: string): Promise<void> {
  const follow = instance.start(["runs", "logs", runId, "--follow"]);
  let output = "";
  await new Promise<void>((resolve) => {
    follow.child.stdout.on("data", (text: string) => {
      output += text;
      if (output.includes("spoken")) resolve();
    });
  });
  follow.child.kill("SIGINT");
  const answer = await follow.ended;
  answers.push(answer.stdout + answer.stderr);
}
