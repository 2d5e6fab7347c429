import { defineConfig } from "vitest/config";

export default defineConfig({
  test: {
    globalSetup: ["test/fixtures/global-setup.ts"],
    include: ["test/{unit,integration,e2e}/**/*.test.ts"],
    testTimeout: 60_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
  },
});
