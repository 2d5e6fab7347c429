/** Gives the focus to the heading of the page: where what had it is gone, and nothing else stands for it. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("h1")?.focus({ preventScroll: true });
}
