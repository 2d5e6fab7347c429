import { defineConfig } from "vitest/config";

/** Tests that put their own `electron` in the place of the real one; nobody else's modules may see it. */
const WITH_A_MODULE_OF_THEIR_OWN = "test/unit/hosts/electron/*.test.ts";

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        test: {
          name: "rooms",
          globalSetup: ["test/fixtures/global-setup.ts"],
          include: ["test/{unit,integration}/**/*.test.ts"],
          exclude: [WITH_A_MODULE_OF_THEIR_OWN],
          // The files share their worker's modules: loading them anew for each costs a tenth of the whole suite.
          isolate: false,
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
      { test: { name: "windows", include: [WITH_A_MODULE_OF_THEIR_OWN] } },
      {
        test: {
          name: "end to end",
          globalSetup: ["test/fixtures/build.ts"],
          include: ["test/e2e/**/*.test.ts"],
          testTimeout: 240_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
