import { Eye, EyeOff } from "lucide-react";
import { useId, useImperativeHandle, useLayoutEffect, useRef, useState } from "react";
import type { ClipboardEvent, ReactNode, Ref } from "react";
import { IconButton } from "./button.tsx";
import { Checkbox } from "./field.tsx";
import { bytesText } from "./time-text.ts";
import "./field.css";
import "./secret-field.css";

/** How a form gets at what was typed. The text itself is in no state, no attribute and no property of a component. */
export interface SecretFieldHandle {
  /** What stands in the field, to the byte. */
  read(): string;
  /** Puts a text into the field; into one that takes several lines as such, as from a file. */
  fill(text: string): void;
  /** Shows what stands in it, for a text that nobody has seen yet. */
  show(): void;
  /** Empties the field and hides what is typed next. To be called once the value was taken. */
  clear(): void;
}

export interface SecretFieldProps {
  readonly ref: Ref<SecretFieldHandle>;
  readonly label: string;
  readonly help?: ReactNode;
  /** Why what was given is not taken. */
  readonly error?: string | undefined;
  /** Whether the value may have several lines, as a private key has; its size is shown then. */
  readonly lines?: boolean;
  /** Whether it takes a file of lines, for which it does not matter how they end. */
  readonly isFile?: boolean;
  /** While what it holds is used: it keeps the focus, and takes nothing. */
  readonly isDisabled?: boolean;
  readonly autoFocus?: boolean;
  /** Hears that something else was typed, not what. */
  onEdit?(): void;
}

type Entry = HTMLInputElement | HTMLTextAreaElement;

const EMPTY = { bytes: 0, breaks: false, endsWithBreak: false };

/**
 * Takes a secret value. The page holds it nowhere but in the field itself, and there only until `clear` or until the field
 * goes: a controlled field would write it into an attribute. Nothing is trimmed.
 */
export function SecretField(props: SecretFieldProps) {
  const { ref, label, help, error, lines = false, isDisabled = false, autoFocus = false, onEdit } = props;
  const { isFile = false } = props;
  const id = useId();
  const entry = useRef<Entry>(null);
  /** What moves from one kind of field to the other; nothing at any other time. */
  const carried = useRef<string | null>(null);
  const [several, setSeveral] = useState(false);
  const [shown, setShown] = useState(false);
  const [size, setSize] = useState(EMPTY);
  const [converted, setConverted] = useState(false);

  const measure = () => setSize(sizeOf(entry.current?.value ?? ""));
  const clear = () => {
    if (entry.current) entry.current.value = "";
    setShown(false);
    setConverted(false);
    setSize(EMPTY);
  };
  const change = (to: boolean, text: string) => {
    carried.current = text;
    setSeveral(to);
  };
  const fill = (text: string) => {
    if (entry.current === null || (lines && !several)) return change(true, text);
    entry.current.value = text;
    measure();
  };
  useImperativeHandle(ref, () => ({ read: () => entry.current?.value ?? "", fill, show: () => setShown(true), clear }));
  useLayoutEffect(() => {
    const field = entry.current;
    if (field !== null && carried.current !== null) {
      field.value = carried.current;
      carried.current = null;
      field.focus();
      setSize(sizeOf(field.value));
    }
    // A field that is taken out of the page keeps nothing either.
    return () => {
      if (field) field.value = "";
    };
  }, [several]);

  // A field of one line would drop the line ends of what is pasted without a word.
  const paste = (event: ClipboardEvent<HTMLInputElement>) => {
    const text = event.clipboardData.getData("text/plain");
    if (!lines || !/[\r\n]/.test(text)) return;
    event.preventDefault();
    const { value, selectionStart, selectionEnd } = event.currentTarget;
    setConverted(text.includes("\r"));
    change(true, value.slice(0, selectionStart ?? value.length) + text + value.slice(selectionEnd ?? value.length));
  };

  const common = {
    id,
    autoComplete: "off",
    autoCapitalize: "off",
    spellCheck: false,
    autoFocus,
    // One that is disabled drops the focus, and Escape is heard by nobody then.
    readOnly: isDisabled,
    "aria-disabled": isDisabled ? true : undefined,
    "aria-invalid": error === undefined ? undefined : true,
    "aria-describedby": `${id}-help ${id}-error`,
    "data-invalid": error === undefined ? undefined : true,
    "data-disabled": isDisabled ? true : undefined,
    // Asks password managers to leave the field alone.
    "data-1p-ignore": true,
    "data-lpignore": "true",
    onInput: () => {
      measure();
      onEdit?.();
    },
  } as const;
  return (
    <div className="secret-field">
      <label className="field-label" htmlFor={id}>
        {label}
      </label>
      <div className="secret-field-entry">
        {several ? (
          <textarea
            {...common}
            ref={entry as Ref<HTMLTextAreaElement>}
            rows={8}
            wrap="off"
            className={`field-input mono ${shown ? "" : "secret-field-hidden"}`}
            onPaste={(event) => setConverted(event.clipboardData.getData("text/plain").includes("\r"))}
          />
        ) : (
          <input
            {...common}
            ref={entry as Ref<HTMLInputElement>}
            type={shown ? "text" : "password"}
            className="field-input mono"
            onPaste={paste}
          />
        )}
        <IconButton
          icon={shown ? EyeOff : Eye}
          label={shown ? "Hide value" : "Show value"}
          onPress={() => setShown(!shown)}
        />
      </div>
      {lines ? (
        <div className="secret-field-foot">
          <Checkbox
            isSelected={several}
            isDisabled={isDisabled || (several && size.breaks)}
            onChange={(to) => change(to, entry.current?.value ?? "")}
          >
            Several lines
          </Checkbox>
          <span className="field-help tabular">{bytesText(size.bytes)}</span>
        </div>
      ) : null}
      <div id={`${id}-help`} className="field-help">
        {help}
        {size.endsWithBreak && !isFile ? " It ends with a line end, which is part of the value." : null}
        {converted && !isFile ? (
          <>
            {" "}
            Line ends of Windows became plain ones; the command line keeps them with <code>--value-file</code>.
          </>
        ) : null}
      </div>
      <p id={`${id}-error`} className="field-error" role="alert">
        {error}
      </p>
    </div>
  );
}

function sizeOf(text: string) {
  return {
    bytes: new TextEncoder().encode(text).length,
    breaks: text.includes("\n"),
    endsWithBreak: text.endsWith("\n"),
  };
}
