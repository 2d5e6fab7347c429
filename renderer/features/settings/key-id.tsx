import { CopyButton } from "../../ui/copy-button.tsx";
import "./settings.css";

/** The id of a key, which says nothing about it, or another text that is no secret and too long to type. */
export function KeyId({ id, label }: { readonly id: string; readonly label: string }) {
  return (
    <span className="settings-copied">
      <code>{id}</code>
      <CopyButton text={id} label={label} />
    </span>
  );
}
