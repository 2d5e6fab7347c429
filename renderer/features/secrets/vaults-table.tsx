import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { Mark } from "../../ui/mark.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { Tag } from "../../ui/tag.tsx";
import { providerLabel, vaultHealth, vaultState } from "./vault-words.ts";
import "./vaults-table.css";

/** Provider vaults by provider and name. */
export function VaultsTable({ vaults }: { readonly vaults: readonly ProviderVaultRecord[] }) {
  return (
    <Table
      label="Provider vaults"
      columns={COLUMNS}
      count={vaults.length}
      row={(index) => vaults[index]}
      rowId={({ id }) => id}
    />
  );
}

const COLUMNS: readonly Column<ProviderVaultRecord>[] = [
  {
    id: "name",
    title: "Name",
    width: "minmax(9rem, 2fr)",
    cell: ({ name, isDefault }) => (
      <span className="vaults-table-name">
        <span className="truncate" dir="auto" title={name}>
          {name}
        </span>
        {isDefault ? <Tag accent>default</Tag> : null}
      </span>
    ),
  },
  {
    id: "provider",
    title: "Provider",
    width: "minmax(8rem, 2fr)",
    rank: 1,
    cell: ({ provider }) => providerLabel(provider),
  },
  {
    id: "state",
    title: "State",
    width: "7.5rem",
    cell: (vault) => {
      const { state, word } = vaultState(vault);
      return <Mark state={state}>{word}</Mark>;
    },
  },
  {
    id: "health",
    title: "Last check",
    width: "8.5rem",
    cell: ({ health }) => {
      const { state, word } = vaultHealth(health);
      return <Mark state={state}>{word}</Mark>;
    },
  },
  {
    id: "secrets",
    title: "Secrets",
    width: "4rem",
    align: "end",
    rank: 1,
    cell: ({ secrets }) => <span className="tabular">{secrets.toLocaleString("en")}</span>,
  },
];
