import { FileInput } from "lucide-react";
import { useRef, useState } from "react";
import type { DefinitionsImport } from "../../../../preload/contract/definitions.ts";
import { useCompany } from "../../../data/company.tsx";
import { FailureNotice } from "../../../data/failure-notice.tsx";
import { useClient } from "../../../data/panel-context.tsx";
import { useReadOnly } from "../../../data/status.ts";
import { useAction } from "../../../data/use-action.ts";
import { Button } from "../../../ui/button.tsx";
import { Dialog, DialogActions } from "../../../ui/dialog.tsx";
import { Checkbox, Form, Select, TextField } from "../../../ui/field.tsx";
import { Notice } from "../../../ui/notice.tsx";
import type { SecretFieldHandle } from "../../../ui/secret-field.tsx";
import { FileContentField } from "../../secrets/file-content-field.tsx";
import { machineZone } from "../triggers/zones.ts";
import { ZonePicker } from "../triggers/zone-picker.tsx";
import { countWords, ImportRows } from "./import-rows.tsx";
import "./definitions.css";

const SOURCES = [
  { id: "routines", label: "File of routines", detail: "YAML or JSON, as an export writes it" },
  { id: "crontab", label: "Crontab", detail: "Of a user, as crontab -l prints it" },
] as const;
type Source = (typeof SOURCES)[number]["id"];

/** Opens the import of routines. */
export function ImportRoutines() {
  const [isOpen, setOpen] = useState(false);
  return (
    <>
      <Button icon={FileInput} onPress={() => setOpen(true)}>
        Import…
      </Button>
      <Dialog title="Import routines" wide isOpen={isOpen} onClose={() => setOpen(false)}>
        <ImportForm onClose={() => setOpen(false)} />
      </Dialog>
    </>
  );
}

type Step =
  | { readonly at: "file" }
  | { readonly at: "review"; readonly answer: DefinitionsImport }
  | { readonly at: "done"; readonly answer: DefinitionsImport };

/**
 * The text of the file stands in its field until it is imported or the dialog closes: a crontab may hold credentials. It is
 * shown first what becomes of each routine, and done in one.
 */
function ImportForm({ onClose }: { onClose(): void }) {
  const company = useCompany();
  const client = useClient();
  const readOnly = useReadOnly();
  const file = useRef<SecretFieldHandle>(null);
  const [source, setSource] = useState<Source>("routines");
  const [zone, setZone] = useState(machineZone);
  const [agent, setAgent] = useState("crontab");
  const [active, setActive] = useState(true);
  const [skipRefused, setSkipRefused] = useState(false);
  const [step, setStep] = useState<Step>({ at: "file" });

  const call = (apply: boolean) => {
    const common = { company: company.id, text: file.current?.read() ?? "", skipRefused };
    if (source === "routines") {
      const input = { ...common, paused: !active };
      return apply ? client.definitions.import(input) : client.definitions.importPreview(input);
    }
    const input = { ...common, zone, agent, active };
    return apply ? client.definitions.crontabImport(input) : client.definitions.crontabPreview(input);
  };
  const preview = useAction(() => call(false));
  const apply = useAction(() => call(true));
  const look = async () => {
    const answer = await preview.run(undefined);
    if (answer !== null) setStep({ at: "review", answer });
  };
  const submit = async () => {
    const answer = await apply.run(undefined);
    if (answer === null) return;
    file.current?.clear();
    setStep({ at: "done", answer });
  };
  const rows = step.at === "file" ? [] : step.answer.rows;
  const changing = rows.filter(({ outcome }) => outcome === "added" || outcome === "changed").length;
  const refused = rows.some(({ outcome }) => outcome === "refused");
  return (
    <Form
      validationErrors={step.at === "file" ? preview.fieldErrors : {}}
      onSubmit={(event) => {
        event.preventDefault();
        if (step.at === "file") void look();
        else if (step.at === "review" && changing > 0) void submit();
      }}
    >
      <div className="definitions-fields" hidden={step.at !== "file"}>
        <Select
          label="What is imported"
          options={SOURCES}
          value={source}
          onChange={(key) => {
            const chosen = SOURCES.find(({ id }) => id === key)?.id ?? "routines";
            preview.reset();
            setSource(chosen);
            // Cron still starts the jobs of a crontab.
            setActive(chosen === "routines");
          }}
        />
        <FileContentField field={file} error={preview.fieldErrors["text"]} of="routine" onEdit={preview.reset} />
        {source === "crontab" ? (
          <div className="field-row">
            <ZonePicker zone={zone} onChange={setZone} />
            <TextField
              name="agent"
              label="Agent for the commands"
              help="It hands each to a shell as one argument; it is made where there is none of this name."
              autoComplete="off"
              maxLength={120}
              value={agent}
              onChange={setAgent}
            />
          </div>
        ) : null}
        <Checkbox isSelected={active} onChange={setActive}>
          New routines are active at once
        </Checkbox>
        {preview.failure === null || step.at !== "file" || preview.fieldErrors["text"] !== undefined ? null : (
          <FailureNotice failure={preview.failure} what="The file cannot be imported" />
        )}
        <DialogActions>
          <Button onPress={onClose}>Cancel</Button>
          <Button
            type="submit"
            variant="primary"
            isPending={preview.pending}
            isDisabled={step.at !== "file" || readOnly !== null}
          >
            Preview import
          </Button>
        </DialogActions>
      </div>
      {step.at === "review" ? (
        <>
          <p>{countWords(rows)}. Nothing was changed yet.</p>
          <ImportRows answer={step.answer} />
          {refused ? (
            <Checkbox isSelected={skipRefused} onChange={setSkipRefused}>
              Import the others without those that are refused
            </Checkbox>
          ) : null}
          {apply.failure === null ? null : <FailureNotice failure={apply.failure} what="Nothing was imported" />}
          <DialogActions>
            <Button
              onPress={() => {
                apply.reset();
                setStep({ at: "file" });
              }}
            >
              Back
            </Button>
            <Button
              type="submit"
              variant="primary"
              isPending={apply.pending}
              isDisabled={changing === 0 || (refused && !skipRefused) || readOnly !== null}
            >
              {changing === 1 ? "Import 1 routine" : `Import ${changing} routines`}
            </Button>
          </DialogActions>
        </>
      ) : null}
      {step.at === "done" ? (
        <>
          <Notice tone="good" title={`The file is imported: ${countWords(rows)}`} />
          <ImportRows answer={step.answer} />
          <DialogActions>
            <Button variant="primary" onPress={onClose}>
              Close
            </Button>
          </DialogActions>
        </>
      ) : null}
    </Form>
  );
}
