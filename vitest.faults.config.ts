import { defineConfig } from "vitest/config";

/** The long kill campaigns: `npm run test:faults`. A short form of them is part of `npm test`. */
export default defineConfig({
  test: {
    globalSetup: ["test/fixtures/global-setup.ts"],
    include: ["test/faults/**/*.test.ts"],
    testTimeout: 30 * 60_000,
    hookTimeout: 120_000,
    fileParallelism: false,
  },
});
