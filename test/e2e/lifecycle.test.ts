import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { electronHost, launchElectron, panelOf } from "../fixtures/electron.ts";
import { testInstance, type TestInstance } from "../fixtures/instance.ts";

let instance: TestInstance;
beforeEach(async () => {
  instance = await testInstance();
});
afterEach(() => instance.remove());

describe.skipIf(electronHost === "no host")(`lifecycle on ${electronHost}`, () => {
  test("the window opens and shows the panel", async () => {
    const app = await launchElectron({ env: instance.env });
    const page = await panelOf(app);
    expect(await page.evaluate(() => Object.keys(Reflect.get(globalThis, "paperclip") as object))).toEqual([
      "send",
      "onMessage",
    ]);
    await app.close();
  });
});
