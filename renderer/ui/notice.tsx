import { CircleAlert, CircleCheck, Info, TriangleAlert } from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { ReactNode } from "react";
import { NextStep } from "./next-step.tsx";
import "./notice.css";

export type NoticeTone = "quiet" | "good" | "doubtful" | "bad";

const ICONS: Readonly<Record<NoticeTone, LucideIcon>> = {
  quiet: Info,
  good: CircleCheck,
  doubtful: TriangleAlert,
  bad: CircleAlert,
};

export interface NoticeProps {
  /** What is the case, in one sentence. */
  readonly title: ReactNode;
  readonly tone?: NoticeTone;
  /** What to do, as the control plane says it; commands stand between backticks. */
  readonly next?: string | null | undefined;
  readonly children?: ReactNode;
  /** Buttons. */
  readonly actions?: ReactNode;
}

/** State first, next step second, the action beside it. A bad one is announced at once. */
export function Notice({ title, tone = "quiet", next, children, actions }: NoticeProps) {
  const Icon = ICONS[tone];
  return (
    <div className={`notice notice-${tone}`} role={tone === "bad" ? "alert" : "status"}>
      <Icon aria-hidden="true" className="notice-mark" />
      <div className="notice-words">
        <p className="notice-title">{title}</p>
        {children ? <div>{children}</div> : null}
        {next ? (
          <p className="notice-next">
            <NextStep text={next} />
          </p>
        ) : null}
      </div>
      {actions ? <div className="notice-actions">{actions}</div> : null}
    </div>
  );
}

export interface EmptyStateProps {
  readonly icon: LucideIcon;
  readonly title: string;
  /** What the thing is for, in one sentence. */
  readonly children: ReactNode;
  /** The first step. */
  readonly action?: ReactNode;
}

/** Shown where there is nothing yet; never where there was an error. */
export function EmptyState({ icon: Icon, title, children, action }: EmptyStateProps) {
  return (
    <div className="notice-empty">
      <Icon aria-hidden="true" />
      <p className="notice-empty-title">{title}</p>
      <p className="quiet">{children}</p>
      {action}
    </div>
  );
}
