import { mkdtemp, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test, vi } from "vitest";
import { asked } from "./fake-electron.ts";

vi.mock("electron", async () => (await import("./fake-electron.ts")).electron);
const { isPanelUrl, PANEL_URL, registerScheme, serveScheme } =
  await import("../../../../main/hosts/electron/scheme.ts");

let renderer: string;
beforeAll(async () => {
  renderer = await mkdtemp(path.join(os.tmpdir(), "pcd-electron-"));
  await writeFile(path.join(renderer, "index.html"), "<!doctype html>");
});
afterAll(() => rm(renderer, { recursive: true, force: true }));

test("the scheme serves the panel with its policy, and nothing else", async () => {
  registerScheme();
  expect(asked.privileged).toEqual([
    [{ scheme: "app", privileges: { standard: true, secure: true, supportFetchAPI: true } }],
  ]);
  serveScheme(renderer);
  const ask = (url: string, method = "GET") => asked.handlers.get("app")?.(new Request(url, { method }));
  const page = await ask(PANEL_URL);
  expect(page?.status).toBe(200);
  expect(page?.headers.get("content-security-policy")).toContain("default-src 'none'");
  expect((await ask("app://elsewhere/"))?.status).toBe(404);
  expect((await ask(PANEL_URL, "POST"))?.status).toBe(404);
  expect((await ask(`${PANEL_URL}..%2f..%2fetc%2fpasswd`))?.status).toBe(403);
});

test("only addresses of the panel are the panel's", () => {
  expect([PANEL_URL, "app://panel/index.html"].map(isPanelUrl)).toEqual([true, true]);
  const others = ["app://panel.evil/", "https://panel/", "file:///panel", "app://", "", "app://panel@evil/"];
  expect(others.filter(isPanelUrl)).toEqual([]);
});
