import { useEffect } from "react";

/**
 * Gives the focus to the heading of the page where what had it is gone: a skeleton that the page took the place of, a bar
 * or a button that did its work. `state` is what such things come and go with.
 */
export function useKeptFocus(state: string): void {
  useEffect(() => {
    if (document.activeElement !== document.body) return;
    document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
  }, [state]);
}
