import { useEffect, useRef, useState } from "react";
import type { RefObject } from "react";

/** Fields with a message, and what of them takes the focus. */
const REFUSED = "[data-invalid] :is(input:not([type=hidden]), textarea, button)";

/** Moves the focus to the first field with a message whenever a form was refused, by itself or by the control plane. */
export function useFocusOnRefused(): readonly [RefObject<HTMLDivElement | null>, () => void] {
  const form = useRef<HTMLDivElement>(null);
  const [refusals, setRefusals] = useState(0);
  useEffect(() => {
    if (refusals === 0) return;
    const fields = [...(form.current?.querySelectorAll<HTMLElement>(REFUSED) ?? [])];
    fields.find((field) => field.closest("[aria-hidden=true]") === null)?.focus();
  }, [refusals]);
  return [form, () => setRefusals((count) => count + 1)];
}
