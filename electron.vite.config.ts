import { resolve } from "node:path";
import react from "@vitejs/plugin-react";
import { defineConfig } from "electron-vite";

/** Where the build goes; `scripts/build.mjs` builds beside `out/` and moves the result into place when it is whole. */
const out = process.env["PAPERCLIP_BUILD_OUT"] ?? "out";

export default defineConfig({
  main: {
    build: {
      outDir: `${out}/main`,
      target: "node20",
      // Bundled, a command starts in a third of the time. pg asks for its native twin and does without.
      externalizeDeps: false,
      rollupOptions: { external: ["electron", "keytar", "pg-native"] },
      minify: false,
      lib: {
        entry: {
          index: resolve("main/index.ts"),
          cli: resolve("main/hosts/cli/index.ts"),
          runner: resolve("main/runs/runner/main.ts"),
          keychain: resolve("main/secrets/keychain-process.ts"),
        },
        formats: ["es"],
      },
    },
  },
  preload: {
    build: {
      outDir: `${out}/preload`,
      externalizeDeps: false,
      lib: { entry: { index: resolve("preload/index.ts") }, formats: ["cjs"] },
    },
  },
  renderer: {
    root: resolve("renderer"),
    plugins: [react()],
    build: {
      outDir: `${out}/renderer`,
      minify: true,
      // The page's policy allows no data: addresses.
      assetsInlineLimit: 0,
      rollupOptions: { input: resolve("renderer/index.html") },
    },
  },
});
