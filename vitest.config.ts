import { defineConfig } from "vitest/config";

/**
 * Tests that change what others would see: they put their own `electron` in the place of the real one, or let the time of the
 * stories stand still.
 */
const ALONE = [
  "test/unit/hosts/electron/*.test.ts",
  "test/unit/renderer/stories/*.test.ts",
  "test/unit/renderer/routines/trigger-copies.test.ts",
];

/** What is waited for comes late on a busy machine; the limit of the test itself ends the wait. */
const expect = { poll: { timeout: 60_000 } };

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "rooms",
          globalSetup: ["test/fixtures/global-setup.ts"],
          include: ["test/{unit,integration}/**/*.test.ts"],
          exclude: ALONE,
          // The files share their worker's modules: loading them anew for each costs a tenth of the whole suite.
          isolate: false,
          // A restore of everything takes ten seconds, and most of a minute on a busy machine.
          testTimeout: 120_000,
          hookTimeout: 120_000,
          expect,
        },
      },
      { test: { name: "alone", include: ALONE, testTimeout: 60_000, expect } },
      {
        test: {
          name: "end to end",
          globalSetup: ["test/fixtures/build.ts"],
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
          expect,
        },
      },
    ],
  },
});
