import { useCallback, useMemo, useState } from "react";
import type { Env } from "../../../preload/contract/environment.ts";
import { envProblems } from "../environment/env-problems.ts";
import { envOf, envRows, isSameEnv } from "../environment/env-rows.ts";
import type { EnvDraft } from "../environment/env-rows.ts";
import { usePlatform } from "../environment/use-platform.ts";

export interface EnvLines {
  /** For `<EnvEditor rows={…} onChange={…}>`. */
  readonly rows: EnvDraft;
  change(rows: EnvDraft): void;
  /** Why it cannot be saved as it is, by line id; to be saved only while it is empty. */
  readonly problems: ReadonlyMap<string, string>;
}

/**
 * The lines of an env that the caller holds as an `Env`. Lines that are not complete yet stand only here. Where the env is
 * replaced from outside (merged, decided), the lines are made anew.
 */
export function useEnvLines(env: Env, onChange: (env: Env) => void): EnvLines {
  const platform = usePlatform();
  const [held, setHeld] = useState(() => ({ rows: envRows(env), env }));
  const isReplaced = env !== held.env && !isSameEnv(envRows(held.env), env);
  const current = env === held.env ? held : { rows: isReplaced ? envRows(env) : held.rows, env };
  if (current !== held) setHeld(current);
  const change = useCallback(
    (rows: EnvDraft) => {
      const changed = envOf(rows);
      setHeld({ rows, env: changed });
      onChange(changed);
    },
    [onChange],
  );
  const { rows } = current;
  return { rows, change, problems: useMemo(() => envProblems(rows, platform), [rows, platform]) };
}
