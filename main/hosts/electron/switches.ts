import { app } from "electron";
import { Refusal } from "../../contract/refusal.ts";

/** Whoever may attach to the app could read what the panel shows. */
const DEBUGGING = ["remote-debugging-port", "remote-debugging-pipe"];

/** What keeps the panel's page apart from the system and from other servers. `ELECTRON_DISABLE_SANDBOX` sets the first one. */
const PROTECTION = [
  "no-sandbox",
  "disable-gpu-sandbox",
  "disable-setuid-sandbox",
  "disable-namespace-sandbox",
  "disable-seccomp-filter-sandbox",
  "no-zygote-sandbox",
  "allow-sandbox-debugging",
  "single-process",
  "disable-web-security",
];

/**
 * Refuses with `not_available` to start the installed app with a switch of Chromium that opens it to others. In the source
 * tree the tests use such. Must be called before the sandbox is asked for, which takes `--no-sandbox` off the command line.
 */
export function refuseOpenSwitches(): void {
  if (!app.isPackaged) return;
  const given = (names: readonly string[]) => names.filter((name) => app.commandLine.hasSwitch(name));
  const [debugging, unprotected] = [given(DEBUGGING), given(PROTECTION)];
  const all = [...debugging, ...unprotected].map((name) => `--${name}`);
  if (all.length === 0) return;
  const what = unprotected.length > 0 ? "run without its sandbox" : "open a debugging port";
  const variable = unprotected.includes("no-sandbox")
    ? ", and without ELECTRON_DISABLE_SANDBOX in its environment"
    : "";
  throw new Refusal("not_available", `The installed app does not ${what}.`, {
    next: `Start it without ${all.join(" and ")}${variable}.`,
  });
}
