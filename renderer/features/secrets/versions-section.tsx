import type { SecretDetail } from "../../../preload/contract/secrets.ts";
import { isState, Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { Line, Lines } from "./lines.tsx";

/** The versions of a secret, newest first. */
export function VersionsSection({ secret }: { readonly secret: SecretDetail }) {
  return (
    <Section title="Versions" level={3}>
      {secret.versions.length === 0 ? (
        <p className="quiet">
          {secret.status === "deleted" ? "All versions were destroyed with the secret." : "There is no version."}
        </p>
      ) : (
        <Lines label="Versions" entries={secret.versions} idOf={({ version }) => String(version)}>
          {({ version, status, createdAt, note, keyId, revokedAt }) => (
            <Line
              first={
                <>
                  <span className="tabular">v{version}</span>
                  {isState(status) ? <Mark state={status} /> : <span>{status}</span>}
                  <Time instant={createdAt} exactly />
                </>
              }
              second={
                <>
                  {note === null ? null : <span dir="auto">{note}</span>}
                  {revokedAt === null ? null : (
                    <span>
                      revoked <Time instant={revokedAt} exactly />
                    </span>
                  )}
                  {keyId === null ? null : (
                    <span>
                      master key <code>{keyId}</code>
                    </span>
                  )}
                </>
              }
            />
          )}
        </Lines>
      )}
    </Section>
  );
}
