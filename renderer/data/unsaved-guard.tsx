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
}

/**
 * Asks before a place with unsaved input is left, and before the page or its window is closed or loaded anew. Another tab of
 * the same place keeps the input and is no leaving.
 */
export function UnsavedGuard({ dirty, name, what }: UnsavedGuardProps) {
  useUnsavedNote(dirty ? name : null);
  const blocker = useBlocker({
    shouldBlockFn: ({ current, next }) => dirty && current.pathname !== next.pathname,
    enableBeforeUnload: () => dirty,
    withResolver: true,
  });
  if (blocker.status !== "blocked") return null;
  return (
    <Dialog title="Leave without saving?" isOpen onClose={blocker.reset}>
      <p>{what}</p>
      <DialogActions>
        <Button variant="danger" onPress={blocker.proceed}>
          Leave and discard
        </Button>
        <Button variant="primary" onPress={blocker.reset} autoFocus>
          Keep editing
        </Button>
      </DialogActions>
    </Dialog>
  );
}
