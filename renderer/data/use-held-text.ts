import { useEffect, useMemo, useRef } from "react";

/** Where a secret text stands while it is shown: in no state and no property, and nowhere once its dialog is gone. */
export interface HeldText {
  /** The text, or an empty text where there is none. */
  read(): string;
  keep(text: string): void;
  drop(): void;
}

export function useHeldText(): HeldText {
  const held = useRef("");
  useEffect(
    () => () => {
      held.current = "";
    },
    [],
  );
  return useMemo(
    () => ({
      read: () => held.current,
      keep: (text) => {
        held.current = text;
      },
      drop: () => {
        held.current = "";
      },
    }),
    [],
  );
}
