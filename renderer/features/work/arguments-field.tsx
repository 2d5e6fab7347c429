import { useState } from "react";
import { TextField } from "../../ui/field.tsx";
import { parseArgv } from "./argv.ts";
import { shortened } from "./shortened.ts";
import "./arguments-field.css";

export interface ArgumentsFieldProps {
  readonly name: string;
  readonly label: string;
  readonly help: string | null;
  readonly required: boolean;
  readonly text: string;
  onChange(text: string): void;
  readonly isReadOnly: boolean;
}

/** Arguments as people type them, with what the program will get below. */
export function ArgumentsField({ label, help, required, text, onChange, ...rest }: ArgumentsFieldProps) {
  // A field of one line would lose the line ends of what is stored.
  const [wasTall] = useState(() => text.includes("\n"));
  const parsed = parseArgv(text);
  return (
    <div className="arguments-field">
      <TextField
        {...rest}
        label={label}
        mono
        optional={!required}
        isRequired={required}
        autoComplete="off"
        value={text}
        onChange={onChange}
        {...(parsed.ok ? {} : { isInvalid: true })}
        help={
          parsed.ok ? (
            (help ?? undefined)
          ) : (
            <>
              <span className="field-error">{parsed.message}</span> {help}
            </>
          )
        }
        {...(wasTall || text.includes("\n") ? { rows: 4 } : {})}
      />
      {parsed.ok && parsed.argv.length > 0 ? <Arguments label={label} argv={parsed.argv} /> : null}
    </div>
  );
}

/** How much of the preview is shown; the field has all of it. */
const SHOWN_ARGUMENTS = 60;
const SHOWN_CHARACTERS = 600;

function Arguments({ label, argv }: { readonly label: string; readonly argv: readonly string[] }) {
  return (
    <ol className="arguments-field-list" aria-label={`${label}, one by one`}>
      {argv.slice(0, SHOWN_ARGUMENTS).map((argument, index) => (
        // Arguments have no identity beside their place.
        // oxlint-disable-next-line react/no-array-index-key
        <li key={index} className="arguments-field-one" dir="auto">
          {argument === "" ? <span className="quiet">empty</span> : shortened(argument, SHOWN_CHARACTERS)}
        </li>
      ))}
      {argv.length > SHOWN_ARGUMENTS ? <li className="quiet">and {argv.length - SHOWN_ARGUMENTS} more</li> : null}
    </ol>
  );
}
