import { type ChildProcess, spawn } from "node:child_process";
import type { RunTree } from "../process-tree.ts";

/** Ends the runs of a runner that was killed together with the process that it belongs to. */
export interface Guard {
  begin(tree: RunTree): void;
  end(tree: RunTree): void;
}

/** Seconds between TERM and KILL. */
const GRACE_SECONDS = 5;

/*
 * Reads which process groups have begun and ended, and outlives the runner by as much as it takes to end the ones that
 * are left. Its own input is how it learns of that: the system closes the other end, whatever the runner died of.
 */
const SCRIPT = `
trap '' HUP INT
groups=' '
while read -r verb group; do
  case $verb in
    begin) groups="$groups$group " ;;
    end) case $groups in *" $group "*) groups="\${groups%% $group *} \${groups#* $group }" ;; esac ;;
  esac
done
for group in $groups; do kill -TERM "-$group" 2>/dev/null; done
left=${GRACE_SECONDS}
while [ "$left" -gt 0 ]; do
  alive=no
  for group in $groups; do kill -0 "-$group" 2>/dev/null && alive=yes; done
  [ "$alive" = yes ] || exit 0
  sleep 1
  left=$((left - 1))
done
for group in $groups; do kill -KILL "-$group" 2>/dev/null; done
`;

/**
 * A guard that starts with the first run. It knows the group of each run's first process and not what left that group; what
 * did is found by its marker at the next start. Windows has no such shell, and there the guard does nothing.
 */
export function createGuard(platform: NodeJS.Platform): Guard {
  let shell: ChildProcess | null = null;
  const tell = (verb: "begin" | "end", { leader }: RunTree) => {
    if (platform === "win32" || leader === null) return;
    shell ??= startShell();
    shell.stdin?.write(`${verb} ${leader}\n`);
  };
  return { begin: (tree) => tell("begin", tree), end: (tree) => tell("end", tree) };
}

function startShell(): ChildProcess {
  const shell = spawn("/bin/sh", ["-c", SCRIPT], {
    cwd: "/",
    env: { PATH: "/usr/bin:/bin" },
    // A session of its own: what ends the runner's must not end it.
    detached: true,
    stdio: ["pipe", "ignore", "ignore"],
  });
  // Without a guard, runs go on; what is left of them is found at the next start.
  shell.on("error", () => undefined);
  shell.stdin.on("error", () => undefined);
  shell.unref();
  return shell;
}
