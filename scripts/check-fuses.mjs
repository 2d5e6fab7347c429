// Reads the fuses of a packaged app back from its binary and holds them against electron-builder.yml:
// `npx --yes @electron/fuses@2.1.3 read --app BINARY | node scripts/check-fuses.mjs`
import { readFileSync } from "node:fs";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { text } from "node:stream/consumers";
import { stripVTControlCharacters } from "node:util";
import { parse } from "yaml";

const root = path.dirname(path.dirname(fileURLToPath(import.meta.url)));
const { electronFuses } = parse(readFileSync(path.join(root, "electron-builder.yml"), "utf8"));
const { resetAdHocDarwinSignature: _, ...wanted } = electronFuses;
const said = stripVTControlCharacters(await text(process.stdin));
const found = new Map([...said.matchAll(/(\w+) is (Enabled|Disabled)/g)].map(([, name, state]) => [name, state]));
const wrong = Object.entries(wanted).flatMap(([key, on]) => {
  const name = key[0].toUpperCase() + key.slice(1);
  const state = found.get(name) ?? "not there";
  return state === (on ? "Enabled" : "Disabled") ? [] : [`${name} is ${state}`];
});
for (const line of wrong) process.stderr.write(`${line}\n`);
if (wrong.length === 0) process.stdout.write(`${found.size} fuses are as electron-builder.yml says.\n`);
process.exitCode = wrong.length === 0 ? 0 : 1;
