import { useCallback, useState } from "react";

/**
 * A choice of the operator that this browser remembers, such as how a list is sorted. Never anything secret. Where storage
 * is denied or holds something else, it is the first one of `choices`.
 */
export function useStoredChoice<Choice extends string>(
  name: string,
  choices: readonly [Choice, ...Choice[]],
): readonly [Choice, (choice: Choice) => void] {
  const [choice, setChoice] = useState(() => readStored(name, choices));
  const choose = useCallback(
    (next: Choice) => {
      setChoice(next);
      writeStored(name, next);
    },
    [name],
  );
  return [choice, choose];
}

export function readStored<Choice extends string>(name: string, choices: readonly [Choice, ...Choice[]]): Choice {
  const stored = readStoredText(name);
  return choices.find((choice) => choice === stored) ?? choices[0];
}

/** The name in the storage of the browser, as its events tell it. */
export function storedName(name: string): string {
  return `paperclip.${name}`;
}

export function readStoredText(name: string): string | null {
  try {
    return window.localStorage.getItem(storedName(name));
  } catch {
    return null;
  }
}

export function writeStored(name: string, value: string): void {
  try {
    window.localStorage.setItem(storedName(name), value);
  } catch {
    // A browser that keeps nothing; the choice holds until the page is closed.
  }
}
