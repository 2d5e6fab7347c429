// `npm run bench`: measures what SPEC names against a peer or a limit in the same run. Prints ratios; never fails.
import path from "node:path";
import { fileURLToPath } from "node:url";
import { runnerImport } from "vite";
import { ensureBuilt } from "./ensure-built.mjs";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
process.chdir(root);
ensureBuilt();
const { module } = await runnerImport(path.join(root, "test", "bench", "main.ts"), { logLevel: "error" });
await module.bench(process.argv.slice(2));
