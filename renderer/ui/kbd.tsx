import "./kbd.css";

const ON_MAC = /Mac/.test(navigator.platform);

/** A chord as this system writes it: `mod+Enter` is ⌘↵ on a Mac and Ctrl ↵ elsewhere. */
export function Kbd({ keys }: { readonly keys: string }) {
  return (
    <kbd className="kbd">
      {keys
        .split("+")
        .map(keyText)
        .join(ON_MAC ? "" : " ")}
    </kbd>
  );
}

function keyText(key: string): string {
  if (key === "mod") return ON_MAC ? "⌘" : "Ctrl";
  if (key === "shift") return ON_MAC ? "⇧" : "Shift";
  if (key === "Enter") return "↵";
  return key.length === 1 ? key.toUpperCase() : key;
}

/** Whether a key event is the chord: `isChord(event, "mod+k")`. */
export function isChord(event: KeyboardEvent, chord: string): boolean {
  const keys = chord.toLowerCase().split("+");
  const held = (name: string, is: boolean) => keys.includes(name) === is;
  const mod = ON_MAC ? event.metaKey : event.ctrlKey;
  return held("mod", mod) && held("shift", event.shiftKey) && !event.altKey && event.key.toLowerCase() === keys.at(-1);
}
