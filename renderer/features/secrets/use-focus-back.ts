import { useEffect, useRef } from "react";

/** Gives the focus back to the row whose pane was closed, by the id of the link in it. */
export function useFocusBack(openId: string | null, linkIdOf: (id: string) => string): void {
  const before = useRef(openId);
  useEffect(() => {
    const closed = before.current;
    before.current = openId;
    if (openId !== null || closed === null) return;
    const row = document.getElementById(linkIdOf(closed));
    (row ?? document.querySelector<HTMLElement>("h1"))?.focus({ preventScroll: row === null });
  }, [openId, linkIdOf]);
}
