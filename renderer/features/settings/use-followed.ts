import { useState } from "react";

/**
 * What a field holds that begins with what is saved, and follows it when it is changed elsewhere. What was typed stays.
 */
export function useFollowed<Value extends string | number>(saved: Value): readonly [Value, (value: Value) => void] {
  const [held, setHeld] = useState({ saved, value: saved });
  const untouched = Object.is(held.value, held.saved);
  const now = Object.is(held.saved, saved) ? held : { saved, value: untouched ? saved : held.value };
  if (now !== held) setHeld(now);
  return [now.value, (value) => setHeld((before) => ({ ...before, value }))];
}
