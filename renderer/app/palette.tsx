import { useEffect, useState } from "react";
import type { ComponentType } from "react";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import { useCompany } from "../data/company.tsx";
import { Button } from "../ui/button.tsx";
import { Dialog, DialogActions } from "../ui/dialog.tsx";
import { Notice } from "../ui/notice.tsx";
import type { PaletteBoxProps } from "./palette-box.tsx";
import type { FoundRecord } from "./palette-entries.ts";

/** Records that are offered again. */
const REMEMBERED = 5;

export interface PaletteProps {
  readonly isOpen: boolean;
  onClose(): void;
  readonly companies: readonly CompanyRecord[];
  onCompany(id: string): void;
}

interface Opened {
  readonly companyId: string;
  readonly record: FoundRecord;
}

/** Goes anywhere and does what is done most, by typing. What it is made of is loaded when it is first opened. */
export function Palette({ isOpen, onClose, companies, onCompany }: PaletteProps) {
  const company = useCompany();
  const [opened, setOpened] = useState<readonly Opened[]>([]);
  const { Box, failed, retry } = usePaletteBox(isOpen);
  if (!isOpen) return null;
  if (Box === null) return failed ? <NotLoaded onRetry={retry} onClose={onClose} /> : null;
  return (
    <Box
      companies={companies}
      onCompany={onCompany}
      recent={opened.filter(({ companyId }) => companyId === company.id).map(({ record }) => record)}
      onOpened={(record) =>
        setOpened((before) =>
          [
            { companyId: company.id, record },
            ...before.filter(({ record: { kind, id } }) => kind !== record.kind || id !== record.id),
          ].slice(0, REMEMBERED),
        )
      }
      onClose={onClose}
    />
  );
}

function usePaletteBox(isWanted: boolean) {
  const [Box, setBox] = useState<ComponentType<PaletteBoxProps> | null>(null);
  const [failed, setFailed] = useState(false);
  const toLoad = isWanted && Box === null && !failed;
  useEffect(() => {
    if (!toLoad) return;
    import("./palette-box.tsx").then(
      ({ PaletteBox }) => setBox(() => PaletteBox),
      () => setFailed(true),
    );
  }, [toLoad]);
  return { Box, failed, retry: () => setFailed(false) };
}

function NotLoaded({ onRetry, onClose }: { onRetry(): void; onClose(): void }) {
  return (
    <Dialog title="Go to" isOpen onClose={onClose}>
      <Notice
        tone="bad"
        title="This part of the panel could not be loaded."
        next="Paperclip Desktop may have been stopped or updated. Try again, or load the page anew."
      />
      <DialogActions>
        <Button onPress={onClose}>Close</Button>
        <Button variant="primary" onPress={onRetry}>
          Try again
        </Button>
      </DialogActions>
    </Dialog>
  );
}
