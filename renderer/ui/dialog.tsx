import { X } from "lucide-react";
import { useEffect, useRef } from "react";
import type { ReactNode } from "react";
import { Dialog as AriaDialog, Heading, Modal, ModalOverlay } from "react-aria-components";
import { Button, IconButton } from "./button.tsx";
import { focusHeadingWhereLost } from "./focus-heading.ts";
import "./dialog.css";

export interface DialogProps {
  readonly title: string;
  readonly isOpen: boolean;
  onClose(): void;
  readonly wide?: boolean;
  readonly children: ReactNode;
}

/**
 * A dialog over the page. Escape and the cross close it; a press outside does not, so that nothing typed is lost. Focus goes
 * into it and comes back, or to the heading where what had it is gone or was nothing, as after the menu. Its buttons stand in `<DialogActions>`.
 */
export function Dialog({ title, isOpen, onClose, wide = false, children }: DialogProps) {
  return (
    <ModalOverlay
      className="dialog-backdrop"
      isOpen={isOpen}
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className={wide ? "dialog-modal dialog-wide" : "dialog-modal"}>
        <AriaDialog className="dialog">
          <div className="dialog-head">
            <Heading slot="title" className="dialog-title">
              {title}
            </Heading>
            <IconButton icon={X} label="Close" withoutTooltip onPress={onClose} />
          </div>
          <div className="dialog-body">{children}</div>
          <FocusWithin />
          <FocusBack />
        </AriaDialog>
      </Modal>
    </ModalOverlay>
  );
}

/** What had the focus may go, as when the dialog shows how it ended: the dialog takes it then, so that Escape still closes it. */
function FocusWithin() {
  const mark = useRef<HTMLSpanElement>(null);
  useEffect(() => {
    const dialog = mark.current?.closest<HTMLElement>("[role=dialog]");
    if (!dialog) return;
    const observer = new MutationObserver(() => {
      if (document.activeElement === document.body) dialog.focus({ preventScroll: true });
    });
    observer.observe(dialog, { childList: true, subtree: true });
    return () => observer.disconnect();
  }, []);
  return <span ref={mark} hidden />;
}

function FocusBack() {
  useEffect(() => focusHeadingWhereLost, []);
  return null;
}

export function DialogActions({ children }: { readonly children: ReactNode }) {
  return <div className="dialog-actions">{children}</div>;
}

export interface ConfirmProps {
  /** Names the object: "Delete the secret gh-token?" */
  readonly title: string;
  /** Verb and object: "Delete secret". */
  readonly confirm: string;
  readonly isOpen: boolean;
  readonly isPending?: boolean;
  readonly danger?: boolean;
  onConfirm(): void;
  onClose(): void;
  /** What depends on it and whether it can be undone. */
  readonly children: ReactNode;
}

/** Asks before something that cannot simply be undone. */
export function ConfirmDialog({
  title,
  confirm,
  isOpen,
  isPending,
  danger,
  onConfirm,
  onClose,
  children,
}: ConfirmProps) {
  return (
    <Dialog title={title} isOpen={isOpen} onClose={onClose}>
      {children}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button variant={danger ? "danger" : "primary"} isPending={isPending === true} onPress={onConfirm}>
          {confirm}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
