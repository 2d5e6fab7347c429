import { useCallback, useEffect, useRef } from "react";

/**
 * Leads to the first field that is wrong, once it is there: it may stand in a tab that is still to be shown. `errors` and
 * `place` say when to look again; what is answered is to be called when a save was refused.
 */
export function useFirstProblem(errors: Readonly<Record<string, string>>, place: string): () => void {
  const wanted = useRef(false);
  const look = useCallback(() => {
    if (!wanted.current) return;
    const field = document.querySelector<HTMLElement>("main [aria-invalid='true']");
    if (field === null) return;
    wanted.current = false;
    field.focus();
  }, []);
  useEffect(look, [look, errors, place]);
  return useCallback(() => {
    wanted.current = true;
    look();
  }, [look]);
}
