/** Gives the focus to the heading of the page: where what had it is gone, and nothing else stands for it. */
export function focusHeading(): void {
  document.querySelector<HTMLElement>("main h1")?.focus({ preventScroll: true });
}

/** Gives the focus back to what had it, or to the heading where that is gone or was nothing. */
export function focusBackTo(before: Element | null): void {
  if (before instanceof HTMLElement && before.isConnected && before !== document.body) {
    before.focus({ preventScroll: true });
  } else focusHeading();
}

/** After something over the page has gone: gives the focus to the heading, unless somebody has it. */
export function focusHeadingWhereLost(): void {
  // What was open gives the focus back by itself a frame after it is gone, where there is something to give it to.
  requestAnimationFrame(() =>
    requestAnimationFrame(() => {
      if (document.activeElement === document.body) focusHeading();
    }),
  );
}
