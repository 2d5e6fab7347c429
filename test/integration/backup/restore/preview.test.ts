import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { judgeSpace } from "../../../../main/backup/restore/preview.ts";
import { openSource } from "../../../../main/backup/restore/source.ts";
import { testHome, type TestHome } from "../../../fixtures/home.ts";
import { CODE, fileOfFullFormat, FULL_FORMATS } from "../../../fixtures/releases/releases.ts";

let home: TestHome;
beforeAll(async () => {
  home = await testHome();
});
afterAll(() => home.remove());

test("a backup of everything needs the space for what is opened of it too, until that was opened", async () => {
  const request = {
    file: fileOfFullFormat(FULL_FORMATS.at(-1) ?? 3),
    opening: { code: CODE },
    signal: new AbortController().signal,
    onProgress: () => undefined,
  };
  const into = path.join(home.base, "opened");
  const neededBy = async (open: boolean) => {
    const source = await openSource({ ...request, open }, into);
    const { neededBytes } = await judgeSpace(source, path.join(home.base, "db"));
    await source.close();
    return { neededBytes, bytes: source.bytes };
  };
  const read = await neededBy(false);
  const opened = await neededBy(true);
  expect(read.neededBytes - opened.neededBytes).toBe(read.bytes);
});
