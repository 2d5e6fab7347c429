import { useEffect, useRef, useState } from "react";

/** Milliseconds that typing rests before the list is asked for. */
const REST_MS = 200;

/**
 * A search field whose text stands in the address: what is typed shows at once and goes there when typing rests. What
 * comes from the address (Back, a link) shows in the field.
 */
export function useSearchText(
  text: string,
  onChange: (text: string) => void,
): readonly [string, (typed: string) => void] {
  const [typed, setTyped] = useState(text);
  const known = useRef(text);
  const latest = useRef(onChange);
  useEffect(() => {
    latest.current = onChange;
  });
  useEffect(() => {
    if (text === known.current) return;
    known.current = text;
    setTyped(text);
  }, [text]);
  useEffect(() => {
    if (typed === known.current) return;
    const timer = window.setTimeout(() => {
      known.current = typed;
      latest.current(typed);
    }, REST_MS);
    return () => window.clearTimeout(timer);
  }, [typed]);
  return [typed, setTyped];
}
