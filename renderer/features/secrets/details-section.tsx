import { Pencil } from "lucide-react";
import { useEffect, useId, useRef, useState } from "react";
import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { useReadOnly } from "../../data/status.ts";
import { IconButton } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Section } from "../../ui/page.tsx";
import { Time } from "../../ui/time.tsx";
import { DetailsForm } from "./details-form.tsx";
import { KeptIn, keptText } from "./kept-at.tsx";
import "./secret-pane.css";

/** What a secret is, without its value. Name and description are changed here. */
export function DetailsSection({ secret }: { readonly secret: SecretRecord }) {
  const readOnly = useReadOnly();
  const [editing, setEditing] = useState(false);
  const editId = useId();
  const closed = useRef(false);
  const close = () => {
    closed.current = true;
    setEditing(false);
  };
  // The form took the place of the button; when it goes, the focus goes back.
  useEffect(() => {
    if (!closed.current || editing) return;
    closed.current = false;
    document.getElementById(editId)?.focus();
  }, [editing, editId]);
  const deleted = secret.status === "deleted";
  return (
    <Section
      title="Details"
      level={3}
      actions={
        deleted || editing ? null : (
          <IconButton
            id={editId}
            icon={Pencil}
            label="Edit name and description"
            isDisabled={readOnly !== null}
            onPress={() => setEditing(true)}
          />
        )
      }
    >
      {editing ? <DetailsForm secret={secret} onClose={close} /> : null}
      <Facts
        facts={[
          ["State", <Mark key="state" state={secret.status} />],
          [
            "Key",
            <span key="key" className="secret-pane-key">
              <code>{secret.key}</code>
              <CopyButton text={secret.key} label="Copy key" />
            </span>,
          ],
          [
            "Name",
            editing || secret.name === secret.key ? null : (
              <span key="name" dir="auto">
                {secret.name}
              </span>
            ),
          ],
          [
            "Description",
            editing || secret.description === null ? null : (
              <span key="description" className="secret-pane-text" dir="auto">
                {secret.description}
              </span>
            ),
          ],
          ["Kept", keptText(secret)],
          ["Vault", secret.provider === "local_encrypted" ? null : <KeptIn key="vault" secret={secret} />],
          [
            "Reference",
            secret.externalRef === null ? null : (
              <span key="reference" className="secret-pane-key">
                <code className="secret-pane-text">{secret.externalRef}</code>
                <CopyButton text={secret.externalRef} label="Copy reference" />
              </span>
            ),
          ],
          [
            "Latest version",
            deleted ? null : (
              <span key="version" className="tabular">
                v{secret.latestVersion}
              </span>
            ),
          ],
          [
            "Last used",
            secret.lastResolvedAt === null ? "never" : <Time key="used" instant={secret.lastResolvedAt} exactly />,
          ],
          [
            "Last rotated",
            secret.lastRotatedAt === null ? "never" : <Time key="rotated" instant={secret.lastRotatedAt} exactly />,
          ],
          ["Created", <Time key="created" instant={secret.createdAt} exactly />],
        ]}
      />
    </Section>
  );
}
