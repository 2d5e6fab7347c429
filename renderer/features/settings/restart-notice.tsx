import { Notice } from "../../ui/notice.tsx";

/** Says that what is saved is not what runs now. */
export function RestartNotice({ needed }: { readonly needed: boolean }) {
  return needed ? (
    <Notice
      tone="doubtful"
      title="The settings differ from those that run now"
      next="They take effect when the instance is next opened: close Paperclip Desktop and start it again."
    />
  ) : null;
}
