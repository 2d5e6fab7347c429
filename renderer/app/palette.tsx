import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import {
  Autocomplete,
  Dialog,
  Input,
  Menu,
  MenuItem,
  Modal,
  ModalOverlay,
  SearchField,
  useFilter,
} from "react-aria-components";
import "./palette.css";

interface Entry {
  readonly id: string;
  readonly label: string;
  readonly detail: string;
  act(): void;
}

/** Goes anywhere and does what is done most, by typing. */
export function Palette({ isOpen, onClose }: { readonly isOpen: boolean; onClose(): void }) {
  const [text, setText] = useState("");
  const navigate = useNavigate();
  const { contains } = useFilter({ sensitivity: "base" });
  const entries: readonly Entry[] = [
    { id: "home", label: "Home", detail: "Go to", act: () => void navigate({ to: "/" }) },
    { id: "routines", label: "Routines", detail: "Go to", act: () => void navigate({ to: "/routines" }) },
    { id: "runs", label: "Runs", detail: "Go to", act: () => void navigate({ to: "/runs" }) },
    { id: "secrets", label: "Secrets", detail: "Go to", act: () => void navigate({ to: "/secrets" }) },
    { id: "agents", label: "Agents", detail: "Go to", act: () => void navigate({ to: "/agents" }) },
    { id: "projects", label: "Projects", detail: "Go to", act: () => void navigate({ to: "/projects" }) },
    { id: "settings", label: "Settings", detail: "Go to", act: () => void navigate({ to: "/settings" }) },
  ];
  const close = () => {
    setText("");
    onClose();
  };
  return (
    <ModalOverlay
      className="palette-backdrop"
      isOpen={isOpen}
      isDismissable
      onOpenChange={(open) => {
        if (!open) close();
      }}
    >
      <Modal className="palette">
        <Dialog aria-label="Go to">
          <Autocomplete inputValue={text} onInputChange={setText} filter={contains}>
            <SearchField aria-label="Go to" autoFocus>
              <Input className="palette-input" placeholder="Go to a screen, a routine, a secret …" />
            </SearchField>
            <Menu
              className="options"
              aria-label="Results"
              items={entries}
              onAction={(id) => {
                close();
                entries.find((entry) => entry.id === id)?.act();
              }}
              renderEmptyState={() => <p className="options-none">Nothing found</p>}
            >
              {({ id, label, detail }) => (
                <MenuItem id={id} textValue={label} className="options-item">
                  <span className="options-words">{label}</span>
                  <span className="quiet small">{detail}</span>
                </MenuItem>
              )}
            </Menu>
          </Autocomplete>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}
