import { useBlocker } from "@tanstack/react-router";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import { useUnsavedNote } from "./use-unsaved-note.ts";

interface UnsavedGuardProps {
  readonly dirty: boolean;
  /** The name of what is edited, for the question before the window closes. */
  readonly name: string;
  /** What is lost, as a sentence. */
  readonly what: string;
  /** What the question is called, where "Leave without saving?" is not it. */
  readonly title?: string;
  readonly leave?: string;
  readonly stay?: string;
  /** Whether another tab of the same place is a leaving too. */
  readonly tabsToo?: boolean;
}

/**
 * Asks before a place with unsaved input is left, and before the page or its window is closed or loaded anew. Another tab of
 * the same place keeps the input and is no leaving, unless it is said that it is.
 */
export function UnsavedGuard(props: UnsavedGuardProps) {
  const { dirty, name, what, title = "Leave without saving?", tabsToo = false } = props;
  const { leave = "Leave and discard", stay = "Keep editing" } = props;
  useUnsavedNote(dirty ? name : null);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && (tabsToo || current.pathname !== next.pathname),
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Dialog title={title} isOpen onClose={blocker.reset}>
      <p>{what}</p>
      <DialogActions>
        <Button variant="danger" onPress={blocker.proceed}>
          {leave}
        </Button>
        <Button variant="primary" onPress={blocker.reset} autoFocus>
          {stay}
        </Button>
      </DialogActions>
    </Dialog>
  );
}
