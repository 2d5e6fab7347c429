import { useLayoutEffect } from "react";
import type { RefObject } from "react";

/**
 * Says how high a bar at the foot of the page is, as `--foot`, so that what floats and what takes the focus stay clear of it.
 */
export function useFoot(bar: RefObject<HTMLElement | null>): void {
  useLayoutEffect(() => {
    const { current } = bar;
    if (current === null) return;
    const { style } = document.documentElement;
    const observer = new ResizeObserver(() => style.setProperty("--foot", `${current.offsetHeight}px`));
    observer.observe(current);
    return () => {
      observer.disconnect();
      style.removeProperty("--foot");
    };
  }, [bar]);
}
