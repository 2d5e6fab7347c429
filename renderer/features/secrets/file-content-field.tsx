import { FolderOpen } from "lucide-react";
import { useState } from "react";
import type { RefObject } from "react";
import { FileTrigger } from "react-aria-components";
import { Button } from "../../ui/button.tsx";
import { SecretField } from "../../ui/secret-field.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";

/** As much as the contract takes. */
const MOST_BYTES = 1_048_576;

export interface FileContentFieldProps {
  /** Holds the text, which may have credentials in it; nothing else on the page does. */
  readonly field: RefObject<SecretFieldHandle | null>;
  /** What was said of the text; a file that cannot be read comes before it. */
  readonly error: string | undefined;
  /** What is there for each part of the file, such as `key`. */
  readonly of: string;
  onEdit(): void;
}

/** The text of a file that is imported: chosen or pasted. */
export function FileContentField({ field, error, of, onEdit }: FileContentFieldProps) {
  const [problem, setProblem] = useState<string | null>(null);
  const edited = () => {
    setProblem(null);
    onEdit();
  };
  const choose = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) return setProblem("The file has more than 1 MiB.");
    try {
      const text = await file.text();
      edited();
      field.current?.fill(text);
    } catch {
      setProblem("The file cannot be read.");
    }
  };
  return (
    <>
      <div>
        <FileTrigger onSelect={(files) => void choose(files?.[0])}>
          <Button icon={FolderOpen}>Choose file…</Button>
        </FileTrigger>
      </div>
      <SecretField
        ref={field}
        label="Content of the file"
        lines
        isFile
        error={problem ?? error}
        onEdit={edited}
        help={`Paste it, or choose the file. Nothing is saved before it is shown what becomes of each ${of}.`}
      />
    </>
  );
}
