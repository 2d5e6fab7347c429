import { useRef, useState } from "react";
import type { ReactNode } from "react";
import type { Layer } from "../../../preload/contract/environment.ts";
import type { ImportAnswer } from "../../../preload/contract/inline-secrets.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form } from "../../ui/field.tsx";
import { Notice } from "../../ui/notice.tsx";
import type { SecretFieldHandle } from "../../ui/secret-field.tsx";
import { choicesInput, NO_CHOICE, summaryOf } from "./env-file-choices.ts";
import type { Choice, Choices } from "./env-file-choices.ts";
import { EnvFileRows } from "./env-file-rows.tsx";
import { EnvFileTarget } from "./env-file-target.tsx";
import { FileContentField } from "./file-content-field.tsx";
import { counted } from "./secret-words.ts";
import { useValueBlock } from "./use-value-block.ts";
import "./env-file.css";

/** Whose env a file goes into. */
export interface EnvOwner {
  readonly layer: Layer;
  readonly id: string;
  readonly name: string;
}

export interface EnvFileDialogProps {
  /** Asked for where it is left out. */
  readonly into?: EnvOwner;
  readonly isOpen: boolean;
  onClose(): void;
}

/** Imports a .env file into an env: it is shown first what becomes of each key, and done in one. */
export function EnvFileDialog({ into, isOpen, onClose }: EnvFileDialogProps) {
  return (
    <Dialog
      title={into === undefined ? "Import a .env file" : `Import a .env file into ${into.name}`}
      wide
      isOpen={isOpen}
      onClose={onClose}
    >
      <EnvFileForm {...(into === undefined ? {} : { into })} onClose={onClose} />
    </Dialog>
  );
}

type Step =
  | { readonly at: "file" }
  | { readonly at: "review"; readonly answer: ImportAnswer }
  | { readonly at: "done"; readonly answer: ImportAnswer };

/**
 * The text of the file stands in its field until it is imported or the dialog closes, and goes from there in each question
 * about it; nothing else on the page holds it.
 */
export function EnvFileForm({ into, onClose }: Omit<EnvFileDialogProps, "isOpen">) {
  const company = useCompany();
  const client = useClient();
  const blocked = useValueBlock();
  const file = useRef<SecretFieldHandle>(null);
  const [owner, setOwner] = useState<EnvOwner | null>(into ?? null);
  const [step, setStep] = useState<Step>({ at: "file" });
  const [choices, setChoices] = useState<Choices>(NO_CHOICE);
  const inputOf = (chosen: Choices, target: EnvOwner) => ({
    company: company.id,
    layer: target.layer,
    target: target.id,
    text: file.current?.read() ?? "",
    ...choicesInput(chosen),
  });
  const preview = useAction((chosen: Choices) => {
    if (owner === null) throw new Error("nobody is chosen whose env it goes into");
    return client.inlineSecrets.importPreview(inputOf(chosen, owner));
  });
  const apply = useAction((target: EnvOwner) => client.inlineSecrets.importFile(inputOf(choices, target)));

  // The last choice is what is shown in the end, also where it was made while an earlier one was asked about.
  const wanted = useRef(choices);
  const look = async (next: Choices) => {
    setChoices(next);
    wanted.current = next;
    for (let asked: Choices | null = null; asked !== wanted.current;) {
      asked = wanted.current;
      const answer = await preview.run(asked);
      if (answer === null) return;
      setStep({ at: "review", answer });
    }
  };
  const choose = (key: string, choice: Choice, replaces: boolean) =>
    void look({ ...choices, [key]: { choice, replaces } });
  const submit = async () => {
    if (owner === null) return;
    const answer = await apply.run(owner);
    if (answer === null) return;
    file.current?.clear();
    setStep({ at: "done", answer });
  };
  const back = () => {
    preview.reset();
    apply.reset();
    setStep({ at: "file" });
  };
  const lines = Object.entries(preview.fieldErrors).filter(([name]) => name.startsWith("text."));
  return (
    <Form
      onSubmit={(event) => {
        event.preventDefault();
        // The editor may stand in a form of its own, which is not meant.
        event.stopPropagation();
        if (step.at === "file" && owner !== null && blocked === null) void look(NO_CHOICE);
        if (step.at === "review" && !preview.pending && summaryOf(step.answer.rows).changed > 0) void submit();
      }}
    >
      <div hidden={step.at !== "file"} className="env-file-entry">
        {into === undefined ? <EnvFileTarget owner={owner} onChoose={setOwner} /> : null}
        <FileContentField field={file} error={preview.fieldErrors["text"]} of="key" onEdit={preview.reset} />
        {preview.failure === null || step.at !== "file" || preview.fieldErrors["text"] !== undefined ? null : (
          <FailureNotice failure={preview.failure} what="The file cannot be imported" />
        )}
        {lines.length < 2 || step.at !== "file" ? null : (
          <ul className="env-file-notes" aria-label="Lines that are not understood">
            {lines.map(([name, message]) => (
              <li key={name}>
                Line {name.slice("text.".length)}: {message}
              </li>
            ))}
          </ul>
        )}
        {blocked === null ? null : <p className="field-error">{blocked}</p>}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            isPending={preview.pending}
            isDisabled={owner === null || blocked !== null || step.at !== "file"}
          >
            Preview import
          </Button>
        </DialogActions>
      </div>
      {step.at === "review" ? (
        <Review step={step} choices={choices} onChoose={choose}>
          {preview.failure === null ? null : (
            <FailureNotice failure={preview.failure} what="What becomes of the keys cannot be shown" />
          )}
          {apply.failure === null ? null : <FailureNotice failure={apply.failure} what="Nothing was imported" />}
          <DialogActions>
            <Button onPress={back}>Back</Button>
            <Button
              type="submit"
              variant="primary"
              isPending={apply.pending}
              isDisabled={preview.pending || preview.failure !== null || summaryOf(step.answer.rows).changed === 0}
            >
              Import {counted(summaryOf(step.answer.rows).changed, "key")}
            </Button>
          </DialogActions>
        </Review>
      ) : null}
      {step.at === "done" ? <Done answer={step.answer} onClose={onClose} /> : null}
    </Form>
  );
}

interface ReviewProps {
  readonly step: { readonly answer: ImportAnswer };
  readonly choices: Choices;
  onChoose(key: string, choice: Choice, replaces: boolean): void;
  readonly children: ReactNode;
}

function Review({ step: { answer }, choices, onChoose, children }: ReviewProps) {
  const { changed, words } = summaryOf(answer.rows);
  return (
    <>
      <p>
        {changed === 0
          ? `Nothing changes in the env of the ${answer.layer} ${answer.targetName}.`
          : `${words} for the ${answer.layer} ${answer.targetName}, all in one or nothing.`}
      </p>
      <EnvFileRows rows={answer.rows} choices={choices} onChoose={onChoose} />
      <Notes notes={answer.notes} />
      {children}
    </>
  );
}

function Done({ answer, onClose }: { readonly answer: ImportAnswer; onClose(): void }) {
  return (
    <>
      <Notice
        tone="good"
        title={`${counted(summaryOf(answer.rows).changed, "key is", "keys are")} imported into the ${answer.layer} ${answer.targetName}`}
      />
      <EnvFileRows rows={answer.rows} />
      <Notes notes={answer.notes} />
      <DialogActions>
        <Button variant="primary" onPress={onClose}>
          Close
        </Button>
      </DialogActions>
    </>
  );
}

function Notes({ notes }: { readonly notes: readonly string[] }) {
  if (notes.length === 0) return null;
  return (
    <ul className="env-file-notes" aria-label="Notes">
      {notes.map((note) => (
        <li key={note}>{note}</li>
      ))}
    </ul>
  );
}
