import { useNavigate, useParams, useSearch } from "@tanstack/react-router";
import { FileInput, Plus } from "lucide-react";
import { useState } from "react";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { SearchField, Select } from "../../ui/field.tsx";
import { Page, Split } from "../../ui/page.tsx";
import { ClearValuesNotice } from "./clear-values-notice.tsx";
import { CreateSecretForm } from "./create-secret-form.tsx";
import { RecoveryReminder } from "./recovery-reminder.tsx";
import { LinkSecretDialog } from "./link-secret-dialog.tsx";
import { EnvFileDialog } from "./env-file-dialog.tsx";
import { SecretPane } from "./secret-pane.tsx";
import { STATUSES } from "./secret-words.ts";
import { SecretsPlaces } from "./secrets-places.tsx";
import { rowLinkId, SecretsTable } from "./secrets-table.tsx";
import type { SecretsSearch } from "./secrets-table.tsx";
import { useFocusBack } from "./use-focus-back.ts";
import { useSearchText } from "./use-search-text.ts";
import { useUsableVaults } from "./use-usable-vaults.ts";
import { useValueBlock } from "./use-value-block.ts";
import { VaultNotice } from "./vault-notice.tsx";
import "./secrets-screen.css";

/** The secrets of the company, and one of them beside the list. */
export function SecretsScreen() {
  const { secretId = null } = useParams({ strict: false });
  const search: SecretsSearch = useSearch({ strict: false });
  const navigate = useNavigate();
  const blocked = useValueBlock();
  const [creating, setCreating] = useState(false);
  const [linking, setLinking] = useState(false);
  const canLink = useUsableVaults().length > 0;
  const [importing, setImporting] = useState(false);
  const open = (id: string, within: SecretsSearch) =>
    void navigate({ to: "/secrets/$secretId", params: { secretId: id }, search: within });
  const narrow = (next: SecretsSearch) => {
    if (secretId === null) void navigate({ to: "/secrets", search: next, replace: true });
    else void navigate({ to: "/secrets/$secretId", params: { secretId }, search: next, replace: true });
  };
  const [typed, setTyped] = useSearchText(search.text ?? "", (text) => {
    const { text: _, ...rest } = search;
    narrow(text.trim() === "" ? rest : { ...rest, text: text.trim() });
  });
  const choose = (status: string | number | null) => {
    const { status: _, ...rest } = search;
    const chosen = STATUSES.find(({ id }) => id === status)?.id ?? "active";
    narrow(chosen === "active" ? rest : { ...rest, status: chosen });
  };
  useFocusBack(secretId, rowLinkId);
  return (
    <Page
      title="Secrets"
      strip={<SecretsPlaces here="/secrets" />}
      body="list"
      actions={
        <>
          {canLink ? <Button onPress={() => setLinking(true)}>Link secret</Button> : null}
          <Button icon={FileInput} isDisabled={blocked !== null} onPress={() => setImporting(true)}>
            Import a .env file…
          </Button>
          <Button variant="primary" icon={Plus} isDisabled={blocked !== null} onPress={() => setCreating(true)}>
            Create secret
          </Button>
        </>
      }
      toolbar={
        <>
          <SearchField label="Search keys and names" maxLength={200} value={typed} onChange={setTyped} />
          <Select label="State" labelUnseen options={STATUSES} value={search.status ?? "active"} onChange={choose} />
        </>
      }
    >
      <div className="secrets-screen-notice">
        <VaultNotice />
        <RecoveryReminder />
        <ClearValuesNotice />
      </div>
      <Split
        list={
          <SecretsTable
            search={search}
            selectedId={secretId}
            blocked={blocked}
            onCreate={() => setCreating(true)}
            onSearch={narrow}
          />
        }
        pane={
          secretId === null ? null : (
            <SecretPane key={secretId} secretId={secretId} onClose={() => void navigate({ to: "/secrets", search })} />
          )
        }
      />
      <EnvFileDialog isOpen={importing} onClose={() => setImporting(false)} />
      <Dialog title="Create a secret" isOpen={creating} onClose={() => setCreating(false)}>
        <CreateSecretForm
          onCreated={({ id }) => {
            setCreating(false);
            open(id, {});
          }}
          onCancel={() => setCreating(false)}
        />
      </Dialog>
      <LinkSecretDialog isOpen={linking} onLinked={({ id }) => open(id, {})} onClose={() => setLinking(false)} />
    </Page>
  );
}
