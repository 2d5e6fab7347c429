import { X } from "lucide-react";
import {
  UNSTABLE_Toast as Toast,
  UNSTABLE_ToastContent as ToastContent,
  UNSTABLE_ToastQueue as ToastQueue,
  UNSTABLE_ToastRegion as ToastRegion,
  Text,
} from "react-aria-components";
import { IconButton } from "./button.tsx";
import "./toast.css";

/** How long a word of success stays, in milliseconds; hover and focus hold it. */
const STAYS_MS = 6_000;

const queue = new ToastQueue<string>({ maxVisibleToasts: 3 });

/** Says in one sentence what was done: "Revision 8 is saved." Never the only place of an error. */
export function say(sentence: string): void {
  queue.add(sentence, { timeout: STAYS_MS });
}

/** Where the sentences stand. To be placed once, by the frame. */
export function Toasts() {
  return (
    <ToastRegion queue={queue} className="toast-region">
      {({ toast }) => (
        <Toast toast={toast} className="toast">
          <ToastContent className="toast-words">
            <Text slot="title">{toast.content}</Text>
          </ToastContent>
          <IconButton slot="close" icon={X} label="Close" />
        </Toast>
      )}
    </ToastRegion>
  );
}
