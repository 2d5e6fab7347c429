import { Link } from "@tanstack/react-router";
import {
  Bot,
  ChevronsUpDown,
  DatabaseBackup,
  Folder,
  History,
  House,
  KeyRound,
  Plus,
  Repeat,
  Search,
  Settings,
} from "lucide-react";
import { Button, Menu, MenuItem, MenuSection, MenuTrigger } from "react-aria-components";
import type { Status } from "../../preload/contract/system.ts";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import { Kbd } from "../ui/kbd.tsx";
import { MarkShape, wordOf } from "../ui/mark.tsx";
import type { State } from "../ui/mark.tsx";
import { OptionPopover } from "../ui/options.tsx";
import "./sidebar.css";

const PLACES = [
  { to: "/", label: "Home", icon: House, exact: true },
  { to: "/routines", label: "Routines", icon: Repeat, exact: false },
  { to: "/runs", label: "Runs", icon: History, exact: false },
  { to: "/secrets", label: "Secrets", icon: KeyRound, exact: false },
  { to: "/agents", label: "Agents", icon: Bot, exact: false },
  { to: "/projects", label: "Projects", icon: Folder, exact: false },
  { to: "/backups", label: "Backups", icon: DatabaseBackup, exact: false },
  { to: "/settings", label: "Settings", icon: Settings, exact: false },
] as const;

export interface SidebarProps {
  readonly companies: readonly CompanyRecord[];
  readonly company: CompanyRecord;
  onCompany(id: string): void;
  onNewCompany(): void;
  readonly status: Status | undefined;
  onSearch(): void;
}

/** Company on top, places, and at the bottom how database, vault and scheduler are. */
export function Sidebar({ companies, company, onCompany, onNewCompany, status, onSearch }: SidebarProps) {
  return (
    <aside className="sidebar" aria-label="Panel">
      <CompanySwitch companies={companies} company={company} onCompany={onCompany} onNewCompany={onNewCompany} />
      <Button className="sidebar-search" onPress={onSearch}>
        <Search aria-hidden="true" />
        Go to
        <Kbd keys="mod+k" />
      </Button>
      <nav className="sidebar-nav" aria-label="Sections">
        <ul className="sidebar-list">
          {PLACES.map(({ to, label, icon: Icon, exact }) => (
            <li key={to}>
              <Link
                to={to}
                activeOptions={{ exact, includeSearch: false }}
                activeProps={{ "aria-current": "page" }}
                className="sidebar-link"
              >
                <Icon aria-hidden="true" />
                {label}
              </Link>
            </li>
          ))}
        </ul>
      </nav>
      <Health status={status} />
    </aside>
  );
}

function CompanySwitch({ companies, company, onCompany, onNewCompany }: Omit<SidebarProps, "status" | "onSearch">) {
  return (
    <MenuTrigger>
      <Button className="sidebar-company" aria-label={`Company: ${company.name}. Switch company`}>
        <span className="truncate" dir="auto">
          {company.name}
        </span>
        <ChevronsUpDown aria-hidden="true" />
      </Button>
      <OptionPopover>
        <Menu className="options" aria-label="Companies">
          <MenuSection aria-label="Companies" items={companies} selectionMode="single" selectedKeys={[company.id]}>
            {({ id, name, issuePrefix }) => (
              <MenuItem id={id} textValue={name} className="options-item" onAction={() => onCompany(id)}>
                <span className="truncate">{name}</span>
                <code className="quiet">{issuePrefix}</code>
              </MenuItem>
            )}
          </MenuSection>
          <MenuItem textValue="New company" className="options-item" onAction={onNewCompany}>
            <Plus aria-hidden="true" />
            New company
          </MenuItem>
        </Menu>
      </OptionPopover>
    </MenuTrigger>
  );
}

/** States that a narrow panel shows as a shape alone; the words of the others are always there. */
const CALM: ReadonlySet<State> = new Set(["ready", "uninitialized", "off", "unknown"]);

function Health({ status }: { readonly status: Status | undefined }) {
  const parts: readonly (readonly [string, State, "database" | "secrets" | "scheduler"])[] = [
    ["Database", status?.database.state ?? "unknown", "database"],
    ["Vault", status?.vault.state ?? "unknown", "secrets"],
    ["Scheduler", status?.scheduler.state ?? "unknown", "scheduler"],
  ];
  return (
    <ul className="sidebar-health" aria-label="State" aria-live="polite">
      {parts.map(([label, state, section]) => (
        <li key={label}>
          <Link to="/settings" search={{ section }} className={CALM.has(state) ? "sidebar-calm" : undefined}>
            <span className="sidebar-words">
              <span>{label}</span> <span>{status === undefined ? "…" : wordOf(state)}</span>
            </span>
            <MarkShape state={state} />
          </Link>
        </li>
      ))}
    </ul>
  );
}
