import type { Meta, StoryObj } from "@storybook/react-vite";
import { Button } from "./button.tsx";
import { ConfirmDialog, Dialog, DialogActions } from "./dialog.tsx";
import { Form, TextField } from "./field.tsx";
import { Notice } from "./notice.tsx";

export default { title: "Parts/Dialog" } satisfies Meta;

const nothing = () => {};

export const WithForm: StoryObj = {
  render: () => (
    <Dialog title="Rename company" isOpen onClose={nothing}>
      <Form>
        <TextField label="Name" name="name" defaultValue="Acme" />
        <DialogActions>
          <Button onPress={nothing}>Cancel</Button>
          <Button variant="primary" type="submit">
            Rename company
          </Button>
        </DialogActions>
      </Form>
    </Dialog>
  ),
};

export const Wide: StoryObj = {
  render: () => (
    <Dialog title="Compare revisions" isOpen wide onClose={nothing}>
      <p>Revision 5 and revision 7 hold the same.</p>
    </Dialog>
  ),
};

export const Long: StoryObj = {
  render: () => (
    <Dialog title={`What depends on ${"a-very-long-key-".repeat(12)}`} isOpen onClose={nothing}>
      {Array.from({ length: 60 }, (_, index) => (
        <p key={index}>Routine {index + 1} reads it as GH_TOKEN.</p>
      ))}
      <DialogActions>
        <Button onPress={nothing}>Close</Button>
      </DialogActions>
    </Dialog>
  ),
};

export const Confirm: StoryObj = {
  render: () => (
    <ConfirmDialog
      title="Archive the routine Nightly triage?"
      confirm="Archive routine"
      isOpen
      onConfirm={nothing}
      onClose={nothing}
    >
      <p>It keeps its history and does not run. It can be resumed.</p>
    </ConfirmDialog>
  ),
};

export const ConfirmDanger: StoryObj = {
  render: () => (
    <ConfirmDialog
      title="Delete the secret gh-token?"
      confirm="Delete secret"
      danger
      isOpen
      onConfirm={nothing}
      onClose={nothing}
    >
      <p>Two routines read it; their next runs will stop. This cannot be undone.</p>
    </ConfirmDialog>
  ),
};

export const ConfirmPending: StoryObj = {
  render: () => (
    <ConfirmDialog
      title="Delete the secret gh-token?"
      confirm="Delete secret"
      danger
      isPending
      isOpen
      onConfirm={nothing}
      onClose={nothing}
    >
      <p>Two routines read it; their next runs will stop. This cannot be undone.</p>
    </ConfirmDialog>
  ),
};

export const ConfirmFailed: StoryObj = {
  render: () => (
    <ConfirmDialog
      title="Delete the secret gh-token?"
      confirm="Delete secret"
      danger
      isOpen
      onConfirm={nothing}
      onClose={nothing}
    >
      <p>Two routines read it; their next runs will stop. This cannot be undone.</p>
      <Notice tone="bad" title="The secret was not deleted." next="Wait until the run is over, then try again.">
        A run reads it right now.
      </Notice>
    </ConfirmDialog>
  ),
};
