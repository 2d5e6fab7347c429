import { useEffect, useMemo, useRef } from "react";

/** Where a recovery code stands while it is shown: in no state and no property, and nowhere once its dialog is gone. */
export interface HeldCode {
  /** The code, or an empty text where there is none. */
  read(): string;
  keep(code: string): void;
  drop(): void;
}

export function useCode(): HeldCode {
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
      keep: (code) => {
        held.current = code;
      },
      drop: () => {
        held.current = "";
      },
    }),
    [],
  );
}
