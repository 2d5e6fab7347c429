import { writeFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { WebSocket } from "ws";
import { launchBrowser } from "../fixtures/browser.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";
import { heldBy, openPanel } from "../fixtures/panel.ts";

let instance: TestInstance;
let browser: Browser;

beforeAll(async () => {
  [instance, browser] = await Promise.all([testInstance(), launchBrowser()]);
  await instance.serve();
  await instance.json(["companies", "create", "--name", "Acme", "--prefix", "ACM"]);
  const agent = path.join(instance.home, "agent.json");
  await writeFile(agent, JSON.stringify({ command: ["/bin/sh", "-c", "exit 0"], instructions: "none" }));
  await instance.json(["agents", "create", "--name", "shell", "--adapter", "process", "--config-file", agent]);
});
afterAll(async () => {
  await browser.close();
  await instance.remove();
});

async function freshLink(): Promise<string> {
  return (await instance.json<{ url: string }>(["open"])).url;
}

test("who listens at another port of this machine is sent the cookie, and gets nowhere with it", async () => {
  const link = await freshLink();
  const { host, origin } = new URL(link);
  const context = await browser.newContext();
  const panel = await openPanel(context, link);
  await panel.page.getByRole("heading", { level: 1 }).waitFor();

  let heard: IncomingHttpHeaders = {};
  const other = createServer((request, response) => {
    if (request.url === "/again") heard = request.headers;
    response.setHeader("content-type", "text/html");
    response.end("<!doctype html><title>other</title>");
  });
  await new Promise<void>((resolve) => other.listen(0, "127.0.0.1", resolve));
  const page = await context.newPage();
  await page.goto(`http://127.0.0.1:${(other.address() as AddressInfo).port}/`);
  // A page there asks its own host, which is the same site to a browser.
  await page.evaluate(() => fetch("/again"));
  const { cookie = "" } = heard;
  expect(cookie).toContain("paperclip_");

  const socket = new WebSocket(`ws://${host}/rpc`, { headers: { cookie, origin } });
  const status = await new Promise<number | undefined>((resolve) => {
    socket.once("open", () => resolve(101));
    socket.once("unexpected-response", (_request, response) => resolve(response.statusCode));
    socket.once("error", () => undefined);
  });
  expect(status).toBe(401);
  socket.terminate();
  await new Promise((resolve) => other.close(resolve));
  await context.close();
});

test("a link that is put into the address of an open page lets it in, and leaves nothing in the address", async () => {
  const link = await freshLink();
  const { page } = await openPanel(browser, new URL(link).origin);
  await page.getByText("This browser needs a link").waitFor();
  await page.goto(link);
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  expect(page.url()).not.toContain("token");
  // In a panel that is open a link changes nothing but the session.
  await page.goto(await freshLink());
  await page.waitForURL((url) => !url.hash.includes("token"));
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  await page.reload();
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  await page.context().close();
});

test("the value of the first secret stands in its field alone", async () => {
  const { page, messages, go } = await openPanel(browser, await freshLink());
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  await go("/welcome");
  const value = "first-value-0123456789";
  await page.getByLabel("Value", { exact: true }).fill(value);
  // The field itself holds it, and nothing else of the page: no attribute.
  expect(await page.evaluate(() => document.documentElement.outerHTML)).not.toContain(value);
  await page.getByRole("button", { name: "Create routine" }).click();
  await page.getByRole("heading", { name: "Run it" }).waitFor();
  expect(await heldBy(page)).not.toContain(value);
  expect(messages.filter((message) => message.includes(value))).toHaveLength(1);
  await page.context().close();
});

test("copying works where the page is denied every permission, as the window denies its own", async () => {
  const context = await browser.newContext();
  await context.addInitScript(() => {
    navigator.clipboard.writeText = () => Promise.reject(new DOMException("denied", "NotAllowedError"));
  });
  const link = await freshLink();
  await context.grantPermissions(["clipboard-read"], { origin: new URL(link).origin });
  const { page, go, complaints } = await openPanel(context, link);
  await page.getByRole("heading", { level: 1, name: "Home" }).waitFor();
  await go("/settings?section=general");
  await page.getByRole("button", { name: "Copy folder" }).click();
  await page.getByRole("button", { name: "Copied" }).waitFor();
  expect(await page.evaluate(() => navigator.clipboard.readText())).toBe(instance.root);
  expect(complaints).toEqual([]);
  await context.close();
});
