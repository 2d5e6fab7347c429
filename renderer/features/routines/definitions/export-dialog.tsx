import { useQuery } from "@tanstack/react-query";
import { Copy, Download } from "lucide-react";
import { useState } from "react";
import type { DefinitionFormat } from "../../../../preload/contract/definitions.ts";
import type { RoutineRecord } from "../../../../preload/contract/routines.ts";
import { Answered } from "../../../data/answered.tsx";
import { useCompany } from "../../../data/company.tsx";
import { useQueries } from "../../../data/panel-context.tsx";
import { Button } from "../../../ui/button.tsx";
import { copyText } from "../../../ui/copy-button.tsx";
import { Dialog, DialogActions } from "../../../ui/dialog.tsx";
import { Select } from "../../../ui/field.tsx";
import { saveFile } from "../../../ui/save-file.ts";
import { SkeletonRows } from "../../../ui/skeleton.tsx";
import { say } from "../../../ui/toast.tsx";
import "./definitions.css";

const FORMATS: readonly { readonly id: DefinitionFormat; readonly label: string }[] = [
  { id: "yaml", label: "YAML" },
  { id: "json", label: "JSON" },
];

/** The routine as a file, to be read, copied and, in a browser, saved. */
export function ExportDialog({ routine, onClose }: { readonly routine: RoutineRecord; onClose(): void }) {
  const company = useCompany();
  const queries = useQueries();
  const [format, setFormat] = useState<DefinitionFormat>("yaml");
  const file = useQuery({
    ...queries.definitions.export.queryOptions({ input: { company: company.id, routines: [routine.id], format } }),
    // What the routine is may have changed since.
    staleTime: 0,
    placeholderData: (before) => before,
  });
  const host = useQuery(queries.shell.info.queryOptions()).data?.host;
  return (
    <Dialog title={`Export ${routine.title}`} wide isOpen onClose={onClose}>
      <div className="definitions-format">
        <Select
          label="Format"
          options={FORMATS}
          value={format}
          onChange={(key) => setFormat(FORMATS.find(({ id }) => id === key)?.id ?? "yaml")}
        />
      </div>
      <Answered query={file} what="The file cannot be shown" loading={<SkeletonRows rows={8} />}>
        {({ text, name, notes }) => (
          <>
            <pre className="definitions-text" tabIndex={0} aria-label={name} dir="auto">
              {text}
            </pre>
            <ul className="definitions-notes" aria-label="Notes">
              <li>Secrets are named by their keys; no value of one is in the file.</li>
              {notes.map((note) => (
                <li key={note} dir="auto">
                  {note}
                </li>
              ))}
            </ul>
            <DialogActions>
              <Button onPress={onClose}>Close</Button>
              {/* The window of the app downloads nothing. */}
              {host === "browser" ? (
                <Button icon={Download} onPress={() => saveFile(name, text)}>
                  Save to file
                </Button>
              ) : null}
              <Button
                variant="primary"
                icon={Copy}
                onPress={() => {
                  void copyText(text).then((done) => {
                    if (done) say("The definition is copied.");
                  });
                }}
              >
                Copy definition
              </Button>
            </DialogActions>
          </>
        )}
      </Answered>
    </Dialog>
  );
}
