import { useNavigate } from "@tanstack/react-router";
import { Bookmark } from "lucide-react";
import { useState } from "react";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useReadOnly } from "../../data/status.ts";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { ConfirmDialog, Dialog, DialogActions } from "../../ui/dialog.tsx";
import { Form, Select, TextField } from "../../ui/field.tsx";
import { ActionMenu } from "../../ui/menu.tsx";
import { say } from "../../ui/toast.tsx";
import type { useRunFilter } from "./use-run-filter.ts";

const NONE = "none";

type RunFilter = ReturnType<typeof useRunFilter>;

/** The views of runs: one to look through, the filters as they stand to be kept as one, and one to be removed. */
export function RunViews({ filter: { filters, view, views } }: { readonly filter: RunFilter }) {
  const company = useCompany();
  const client = useClient();
  const navigate = useNavigate({ from: "/runs" });
  const readOnly = useReadOnly();
  const [asks, setAsks] = useState<"save" | "remove" | null>(null);
  const show = (id: string | null) => void navigate({ search: id === null ? {} : { view: id }, replace: true });
  const remove = useAction<void, void>(async () => {
    if (view === null) return;
    await client.runs.removeView({ company: company.id, view: view.id });
    say(`The view ${view.name} is removed.`);
    setAsks(null);
    show(null);
  });
  const narrowed = Object.keys(filters).length > 0;
  return (
    <>
      {views.length === 0 ? null : (
        <Select
          label="View"
          labelUnseen
          options={[{ id: NONE, label: "No view" }, ...views.map(({ id, name }) => ({ id, label: name }))]}
          value={view?.id ?? NONE}
          onChange={(id) => show(id === NONE || id === null ? null : String(id))}
        />
      )}
      {view === null && !narrowed ? null : (
        <ActionMenu
          label="Views"
          actions={[
            {
              id: "save",
              label: "Save view…",
              icon: Bookmark,
              unavailable: narrowed ? readOnly : "Nothing is narrowed.",
              act: () => setAsks("save"),
            },
            ...(view === null
              ? []
              : [
                  {
                    id: "remove",
                    label: "Remove view…",
                    danger: true,
                    unavailable: readOnly,
                    act: () => setAsks("remove"),
                  },
                ]),
          ]}
        />
      )}
      <SaveView
        key={asks}
        isOpen={asks === "save"}
        filters={filters}
        name={view?.name ?? ""}
        onClose={() => setAsks(null)}
        onSaved={show}
      />
      <ConfirmDialog
        title={`Remove the view ${view?.name ?? ""}?`}
        confirm="Remove view"
        isOpen={asks === "remove"}
        isPending={remove.pending}
        danger
        onConfirm={() => void remove.run()}
        onClose={() => setAsks(null)}
      >
        <p>Runs are not touched by it. The view can be made again from its filters.</p>
        {remove.failure === null ? null : <FailureNotice failure={remove.failure} what="The view was not removed" />}
      </ConfirmDialog>
    </>
  );
}

interface SaveViewProps {
  readonly isOpen: boolean;
  readonly filters: RunFilter["filters"];
  readonly name: string;
  onClose(): void;
  onSaved(id: string): void;
}

function SaveView({ isOpen, filters, name: given, onClose, onSaved }: SaveViewProps) {
  const company = useCompany();
  const client = useClient();
  const [name, setName] = useState(given);
  const save = useAction<void, void>(async () => {
    const saved = await client.runs.saveView({ company: company.id, name, filters });
    say(`The view ${saved.name} is saved.`);
    onClose();
    onSaved(saved.id);
  });
  return (
    <Dialog title="Save view" isOpen={isOpen} onClose={onClose}>
      <Form
        validationErrors={save.fieldErrors}
        onSubmit={(event) => {
          event.preventDefault();
          void save.run();
        }}
      >
        <TextField
          name="name"
          label="Name"
          help="A view of that name becomes this."
          value={name}
          onChange={setName}
          maxLength={120}
          autoFocus
        />
        {save.failure !== null && Object.keys(save.fieldErrors).length === 0 ? (
          <FailureNotice failure={save.failure} what="The view was not saved" />
        ) : null}
        <DialogActions>
          <Button onPress={onClose}>Close</Button>
          <Button type="submit" variant="primary" isPending={save.pending} isDisabled={name.trim() === ""}>
            Save view
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  );
}
