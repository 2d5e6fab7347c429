import { FolderOpen } from "lucide-react";
import { FileTrigger } from "react-aria-components";
import { Button } from "../../ui/button.tsx";

/** As much as the contract takes. */
const MOST_BYTES = 1_048_576;

export interface EnvFilePickerProps {
  onText(text: string): void;
  onProblem(problem: string): void;
}

/** Reads a file that the operator chooses and hands its text on. */
export function EnvFilePicker({ onText, onProblem }: EnvFilePickerProps) {
  const read = async (file: File | undefined) => {
    if (file === undefined) return;
    if (file.size > MOST_BYTES) return onProblem("The file has more than 1 MiB.");
    try {
      onText(await file.text());
    } catch {
      onProblem("The file cannot be read.");
    }
  };
  return (
    <div>
      <FileTrigger onSelect={(files) => void read(files?.[0])}>
        <Button icon={FolderOpen}>Choose file…</Button>
      </FileTrigger>
    </div>
  );
}
