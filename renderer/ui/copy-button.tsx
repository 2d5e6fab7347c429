import { Check, Copy } from "lucide-react";
import { useEffect, useState } from "react";
import { IconButton } from "./button.tsx";

/** Milliseconds that the button says that it copied. */
const SAYS_MS = 1_500;

/** Copies a text that is no secret, such as an id or a command. */
export function CopyButton({ text, label }: { readonly text: string; readonly label: string }) {
  const [copied, setCopied] = useState(false);
  useEffect(() => {
    if (!copied) return;
    const timer = window.setTimeout(() => setCopied(false), SAYS_MS);
    return () => window.clearTimeout(timer);
  }, [copied]);
  return (
    <IconButton
      icon={copied ? Check : Copy}
      label={copied ? "Copied" : label}
      onPress={() => void navigator.clipboard.writeText(text).then(() => setCopied(true))}
    />
  );
}
