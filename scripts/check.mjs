// `npm run check`: types, lint and format side by side; what each has to say is printed whole, one after the other.
import { spawn } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";

const modules = path.join(path.dirname(path.dirname(fileURLToPath(import.meta.url))), "node_modules");
const checks = [["typescript/bin/tsc", "-p", "."], ["oxlint/bin/oxlint"], ["oxfmt/bin/oxfmt", "--check"]];

/** Resolves with the exit code and everything that was printed. */
function run([program, ...argv]) {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path.join(modules, program), ...argv], {
      stdio: ["ignore", "pipe", "pipe"],
    });
    const printed = [];
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => printed.push(chunk));
    child.on("error", reject);
    child.on("close", (code) => resolve({ code: code ?? 1, text: Buffer.concat(printed).toString() }));
  });
}

for (const { code, text } of await Promise.all(checks.map(run))) {
  process.stdout.write(text);
  if (code !== 0) process.exitCode = code;
}
