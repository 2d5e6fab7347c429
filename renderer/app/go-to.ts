import type { AnyRouter } from "@tanstack/react-router";

/** Goes to a place that came as text from outside of the page, and shows another company from there on where one is named. */
export function goTo(router: Pick<AnyRouter, "history">, to: string, company?: string): void {
  router.history.push(to, company === undefined ? undefined : { company });
}
