import { useQuery } from "@tanstack/react-query";
import { useState } from "react";
import {
  Autocomplete,
  Collection,
  Dialog,
  Header,
  Input,
  Menu,
  MenuItem,
  MenuSection,
  Modal,
  ModalOverlay,
  SearchField,
  Text,
} from "react-aria-components";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import { useCompany } from "../data/company.tsx";
import { FailureNotice } from "../data/failure-notice.tsx";
import type { Failure } from "../data/failure.ts";
import { useQueries } from "../data/panel-context.tsx";
import { useReadOnly } from "../data/status.ts";
import { chosenTheme } from "../data/theme.ts";
import { actions, askedFor, filled, isMeant, PLACES, recordEntry, runEntry } from "./palette-entries.ts";
import type { Choice, Entry, EntryGroup, FoundRecord } from "./palette-entries.ts";
import { usePaletteRecords } from "./use-palette-records.ts";
import "./palette.css";

export interface PaletteSearchProps {
  readonly companies: readonly CompanyRecord[];
  /** Records that were opened from here, the last first. */
  readonly recent: readonly FoundRecord[];
  /** Why what was chosen was not done. */
  readonly refusal: { readonly what: string; readonly failure: Failure } | null;
  readonly pending: boolean;
  onChoose(deed: Choice): void;
  onClose(): void;
}

/** The field and what is found. It looks in the control plane as it is typed. */
export function PaletteSearch({ companies, recent, refusal, pending, onChoose, onClose }: PaletteSearchProps) {
  const [text, setText] = useState("");
  const { groups, searching, failure, retry } = useGroups(text, companies, recent);
  const count = groups.reduce((sum, { entries }) => sum + entries.length, 0);
  const choose = (id: string) => {
    const entry = groups.flatMap(({ entries }) => entries).find((each) => each.id === id);
    if (entry === undefined || pending) return;
    if (entry.deed.kind === "ask_what_to_run") setText("Run ");
    else onChoose(entry.deed);
  };
  return (
    <ModalOverlay
      className="palette-backdrop"
      isOpen
      isDismissable
      onOpenChange={(open) => {
        if (!open) onClose();
      }}
    >
      <Modal className="palette">
        <Dialog aria-label="Go to">
          <Autocomplete inputValue={text} onInputChange={setText}>
            <SearchField
              aria-label="Go to"
              autoFocus
              onKeyDown={(event) => {
                // The first Escape closes it, whether something was typed or not.
                if (event.key === "Escape") onClose();
                else event.continuePropagation();
              }}
            >
              <Input className="palette-input" placeholder="Go to a screen, a routine, a secret …" maxLength={200} />
            </SearchField>
            {refusal === null ? null : (
              <div className="palette-notice">
                <FailureNotice what={refusal.what} failure={refusal.failure} />
              </div>
            )}
            {failure === null ? null : (
              <div className="palette-notice">
                <FailureNotice what="What is in this company cannot be searched" failure={failure} onRetry={retry} />
              </div>
            )}
            <Menu
              className="options palette-options"
              aria-label="Results"
              items={groups}
              disabledKeys={groups.flatMap(({ entries }) =>
                entries.filter(({ unavailable }) => unavailable).map(({ id }) => id),
              )}
              onAction={(id) => choose(String(id))}
              renderEmptyState={() =>
                // It stands in an item of the menu, which has to have a name.
                searching || failure !== null ? (
                  <span className="unseen">{searching ? "Searching …" : "Nothing can be found now"}</span>
                ) : (
                  <p className="options-none">Nothing found for “{text.trim()}”.</p>
                )
              }
            >
              {({ id, title, entries }) => (
                <MenuSection id={id}>
                  <Header className="options-heading">{title}</Header>
                  <Collection items={entries}>{(entry) => <EntryItem entry={entry} />}</Collection>
                </MenuSection>
              )}
            </Menu>
          </Autocomplete>
          <p role="status" className={searching || pending ? "palette-status" : "unseen"}>
            {pending ? "Starting the run …" : searching ? "Searching …" : `${count} found`}
          </p>
        </Dialog>
      </Modal>
    </ModalOverlay>
  );
}

function EntryItem({ entry: { id, label, icon: Icon, detail, unavailable } }: { readonly entry: Entry }) {
  return (
    <MenuItem id={id} textValue={label} className="options-item">
      <Icon aria-hidden="true" />
      <Text slot="label" className="palette-label" dir="auto">
        {label}
      </Text>
      {(unavailable ?? detail) ? (
        <Text slot="description" className="quiet small">
          {unavailable ?? detail}
        </Text>
      ) : null}
    </MenuItem>
  );
}

function useGroups(text: string, companies: readonly CompanyRecord[], recent: readonly FoundRecord[]) {
  const company = useCompany();
  const readOnly = useReadOnly();
  const shell = useQuery(useQueries().shell.info.queryOptions());
  const asked = askedFor(text);
  const found = usePaletteRecords(asked);
  const all = actions({
    companies,
    companyId: company.id,
    canOpenFolder: shell.data?.canOpenFolder ?? false,
    theme: chosenTheme(),
    readOnly,
  });
  const meant = (entries: readonly Entry[]) => entries.filter((entry) => isMeant(entry, text.trim()));
  const runs = found.runnable.map((each) => runEntry(each, readOnly));
  const records = (title: string, list: readonly FoundRecord[]): EntryGroup => ({
    id: title,
    title,
    entries: list.map((record) => recordEntry(record)),
  });
  const groups: readonly EntryGroup[] = asked.toRun
    ? // Nothing else: what comes later must not stand above what has the focus already.
      [{ id: "run", title: "Run a routine", entries: runs }]
    : [
        {
          id: "recent",
          title: "Recent",
          entries: text.trim() === "" ? recent.map((record) => recordEntry(record, "recent ")) : [],
        },
        { id: "places", title: "Go to", entries: meant(PLACES) },
        records("Routines", found.routines),
        records("Secrets", found.secrets),
        records("Agents", found.agents),
        records("Projects", found.projects),
        { id: "run", title: "Run a routine", entries: runs },
        { id: "actions", title: "Actions", entries: meant(all) },
      ];
  return { groups: filled(groups), searching: found.searching, failure: found.failure, retry: found.retry };
}
