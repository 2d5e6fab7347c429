import { Link } from "@tanstack/react-router";
import type { ProviderVaultRecord } from "../../../preload/contract/providers.ts";
import { Mark } from "../../ui/mark.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { Tag } from "../../ui/tag.tsx";
import { providerLabel, vaultHealth, vaultState } from "./vault-words.ts";
import "./vaults-table.css";

export interface VaultsTableProps {
  readonly vaults: readonly ProviderVaultRecord[];
  /** The vault whose details are open beside the list. */
  readonly selectedId: string | null;
}

/** Provider vaults by provider and name. */
export function VaultsTable({ vaults, selectedId }: VaultsTableProps) {
  return (
    <Table
      label="Provider vaults"
      columns={COLUMNS}
      count={vaults.length}
      row={(index) => vaults[index]}
      rowId={({ id }) => id}
      selectedId={selectedId}
    />
  );
}

/** The link that opens a vault; the focus comes back to it when its pane closes. */
export function vaultLinkId(vaultId: string): string {
  return `vault-${vaultId}`;
}

const COLUMNS: readonly Column<ProviderVaultRecord>[] = [
  {
    id: "name",
    title: "Name",
    width: "minmax(9rem, 2fr)",
    cell: ({ id, name, isDefault }) => (
      <span className="vaults-table-name">
        <Link
          id={vaultLinkId(id)}
          to="/secrets/vaults/$vaultId"
          params={{ vaultId: id }}
          className="table-link"
          dir="auto"
          title={name}
        >
          {name}
        </Link>
        {isDefault ? <Tag accent>default</Tag> : null}
      </span>
    ),
  },
  {
    id: "provider",
    title: "Provider",
    width: "minmax(8rem, 2fr)",
    rank: 2,
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
    rank: 2,
    cell: ({ secrets }) => <span className="tabular">{secrets.toLocaleString("en")}</span>,
  },
];
