import { useRef, useState } from "react";
import type { ReactNode } from "react";
import { failureOf } from "../../data/failure.ts";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { openingOf, opensByCode } from "./opening.ts";
import type { ReadableBackup } from "./opening.ts";

/** What opens a backup, asked for once for all that is done with it while its pane is open; then it is gone. */
export interface Opening {
  /** Calls with what was typed, as the calls take it. What they say of it stands at the field. */
  use<Answer>(call: (input: ReturnType<typeof openingOf>) => Promise<Answer>): Promise<Answer>;
  /** Where it is typed; null where nothing is needed. */
  readonly field: ReactNode | null;
}

export function useOpening(backup: ReadableBackup): Opening {
  const field = useRef<SecretFieldHandle>(null);
  const [error, setError] = useState<string>();
  const byCode = opensByCode(backup);
  return {
    use: async (call) => {
      setError(undefined);
      try {
        return await call(openingOf(backup, field.current?.read() ?? ""));
      } catch (failed) {
        setError(failureOf(failed).fields?.[byCode ? "code" : "passphrase"]);
        throw failed;
      }
    },
    field:
      backup.state === "sealed" ? (
        <SecretField
          ref={field}
          label={byCode ? "Recovery code" : "Passphrase"}
          lines={byCode}
          error={error}
          help="Asked for once, to verify, to prove and to restore. It stands in this field alone, until the backup is closed."
        />
      ) : null,
  };
}
