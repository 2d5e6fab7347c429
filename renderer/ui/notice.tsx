import type { ReactNode } from "react";

interface NoticeProps {
  readonly title: string;
  readonly tone?: "quiet" | "bad";
  readonly children?: ReactNode;
  readonly action?: { readonly label: string; readonly act: () => void };
}

/** What there is to say instead of content: an empty state, a failure, a wait. State first, next step second. */
export function Notice({ title, tone = "quiet", children, action }: NoticeProps) {
  return (
    <div className={`notice ${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <p className="title">{title}</p>
      {children ? <div className="text">{children}</div> : null}
      {action ? (
        <button type="button" onClick={action.act}>
          {action.label}
        </button>
      ) : null}
    </div>
  );
}
