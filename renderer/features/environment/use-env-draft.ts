import { useCallback, useMemo, useState } from "react";
import type { Env } from "../../../preload/contract/environment.ts";
import { envProblems } from "./env-problems.ts";
import { envOf, envRows, isSameEnv } from "./env-rows.ts";
import type { EnvDraft } from "./env-rows.ts";
import { usePlatform } from "./use-platform.ts";

export interface EnvDraftState {
  /** For `<EnvEditor rows={…} onChange={…}>`. */
  readonly rows: EnvDraft;
  change(rows: EnvDraft): void;
  /** Why it cannot be saved as it is, by line id; to be saved only while it is empty. */
  readonly problems: ReadonlyMap<string, string>;
}

/**
 * The lines of an env that the caller holds as an `Env`. Lines that are not complete yet stand only here; so this is to be
 * used where the whole form is, above its tabs. Where the env is replaced from outside (discarded, merged, restored), the
 * lines are made anew.
 */
export function useEnvDraft(env: Env, onChange: (env: Env) => void): EnvDraftState {
  const platform = usePlatform();
  const [rows, setRows] = useState(() => envRows(env));
  // What the lines stood for when they were last changed here.
  const [told, setTold] = useState(env);
  const replaced = env !== told && !isSameEnv(envRows(told), env);
  const shown = useMemo(() => (replaced ? envRows(env) : rows), [replaced, env, rows]);
  if (env !== told) {
    setTold(env);
    if (replaced) setRows(shown);
  }
  const change = useCallback(
    (next: EnvDraft) => {
      const changed = envOf(next);
      setRows(next);
      setTold(changed);
      onChange(changed);
    },
    [onChange],
  );
  return { rows: shown, change, problems: useMemo(() => envProblems(shown, platform), [shown, platform]) };
}
