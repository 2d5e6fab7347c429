import {
  Bot,
  Building2,
  DatabaseBackup,
  Folder,
  FolderOpen,
  History,
  House,
  Inbox,
  KeyRound,
  Play,
  Plus,
  Repeat,
  Settings,
  SunMoon,
} from "lucide-react";
import type { LucideIcon } from "lucide-react";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import type { Theme } from "../data/theme.ts";

/** What has a page of its own and is found by its name. */
export interface FoundRecord {
  readonly kind: "routine" | "secret" | "agent" | "project";
  readonly id: string;
  readonly name: string;
  /** A few words beside it. */
  readonly detail?: string;
}

/** What choosing an entry does. */
export type Deed =
  | { readonly kind: "go"; readonly to: Place }
  | { readonly kind: "backups"; readonly ask: BackupQuestion }
  | { readonly kind: "open"; readonly record: FoundRecord }
  | { readonly kind: "run"; readonly routineId: string }
  | { readonly kind: "ask_what_to_run" }
  | { readonly kind: "create_secret" }
  | { readonly kind: "open_folder" }
  | { readonly kind: "theme"; readonly theme: Theme }
  | { readonly kind: "company"; readonly companyId: string };

/** What is done outside of the field itself. */
export type Choice = Exclude<Deed, { readonly kind: "ask_what_to_run" }>;

/** What the screen of backups is opened for, as by the menu of a window. */
export type BackupQuestion = "now" | "everything" | "restore" | "undo" | "verify";

export type Place =
  | "/"
  | "/inbox"
  | "/routines"
  | "/runs"
  | "/secrets"
  | "/agents"
  | "/projects"
  | "/backups"
  | "/settings"
  | "/routines/new"
  | "/agents/new"
  | "/projects/new";

export interface Entry {
  readonly id: string;
  readonly label: string;
  readonly icon: LucideIcon;
  readonly deed: Deed;
  readonly detail?: string;
  /** Further words that it is found by. */
  readonly words?: string;
  /** Why it cannot be chosen now. */
  readonly unavailable?: string | null;
  /** Only shown once something was typed. */
  readonly onlyFound?: boolean;
}

export interface EntryGroup {
  readonly id: string;
  readonly title: string;
  readonly entries: readonly Entry[];
}

const go = (label: string, icon: LucideIcon, to: Place): Entry => ({
  id: `go ${to}`,
  label,
  icon,
  deed: { kind: "go", to },
});

export const PLACES: readonly Entry[] = [
  go("Home", House, "/"),
  go("Routines", Repeat, "/routines"),
  go("Runs", History, "/runs"),
  go("Secrets", KeyRound, "/secrets"),
  go("Agents", Bot, "/agents"),
  go("Projects", Folder, "/projects"),
  go("Backups", DatabaseBackup, "/backups"),
  go("Settings", Settings, "/settings"),
];

export interface Surroundings {
  readonly companies: readonly CompanyRecord[];
  readonly companyId: string;
  readonly canOpenFolder: boolean;
  readonly theme: Theme;
  /** Why nothing can be changed now, or null. */
  readonly readOnly: string | null;
}

const THEME_LABELS: Readonly<Record<Theme, string>> = {
  light: "Use the light theme",
  dark: "Use the dark theme",
  system: "Use the system's theme",
};

const backups = (label: string, ask: BackupQuestion, words = "backup"): Entry => ({
  id: `backups ${ask}`,
  label,
  icon: DatabaseBackup,
  deed: { kind: "backups", ask },
  words,
  onlyFound: true,
});

/** What can be done from anywhere. */
export function actions({ companies, companyId, canOpenFolder, theme, readOnly }: Surroundings): readonly Entry[] {
  const folder: Entry = {
    id: "open folder",
    label: "Open data folder",
    icon: FolderOpen,
    deed: { kind: "open_folder" },
    words: "instance files logs",
  };
  return [
    { id: "run", label: "Run a routine…", icon: Play, deed: { kind: "ask_what_to_run" }, unavailable: readOnly },
    { ...go("Wake-up inbox", Inbox, "/inbox"), words: "missed held slots", onlyFound: true },
    { ...go("New routine", Plus, "/routines/new"), words: "create add" },
    { ...go("New agent", Plus, "/agents/new"), words: "create add" },
    { ...go("New project", Plus, "/projects/new"), words: "create add" },
    {
      id: "new secret",
      label: "New secret",
      icon: Plus,
      deed: { kind: "create_secret" },
      words: "create add",
      unavailable: readOnly,
    },
    ...(canOpenFolder ? [folder] : []),
    backups("Back up now", "now"),
    backups("Back up everything…", "everything"),
    backups("Restore from a backup…", "restore", "lost machine"),
    backups("Undo restore", "undo"),
    backups("Verify backup", "verify", "prove"),
    ...(["light", "dark", "system"] as const)
      .filter((each) => each !== theme)
      .map((each): Entry => {
        const deed = { kind: "theme", theme: each } as const;
        return {
          id: `theme ${each}`,
          label: THEME_LABELS[each],
          icon: SunMoon,
          deed,
          words: "appearance",
          onlyFound: true,
        };
      }),
    ...companies
      .filter(({ id }) => id !== companyId)
      .map(({ id, name, issuePrefix }): Entry => ({
        id: `company ${id}`,
        label: `Switch to ${name}`,
        icon: Building2,
        deed: { kind: "company", companyId: id },
        detail: issuePrefix,
        words: "company",
        onlyFound: true,
      })),
  ];
}

const RECORD_ICONS: Readonly<Record<FoundRecord["kind"], LucideIcon>> = {
  routine: Repeat,
  secret: KeyRound,
  agent: Bot,
  project: Folder,
};

export function recordEntry(record: FoundRecord, group = ""): Entry {
  const { kind, id, name, detail } = record;
  return {
    id: `${group}${kind} ${id}`,
    label: name,
    icon: RECORD_ICONS[kind],
    deed: { kind: "open", record },
    ...(detail === undefined ? {} : { detail }),
  };
}

/** Starting a run of a routine that was found. */
export function runEntry({ id, name }: FoundRecord, unavailable: string | null): Entry {
  return { id: `run ${id}`, label: `Run ${name}`, icon: Play, deed: { kind: "run", routineId: id }, unavailable };
}

export interface Asked {
  /** What records are searched for. */
  readonly text: string;
  /** It began with "run": only what can be run is meant. */
  readonly toRun: boolean;
}

/** What is meant by what was typed. */
export function askedFor(typed: string): Asked {
  const text = typed.trim();
  const [, what] = /^run(?:\s+(.*))?$/isu.exec(text) ?? [];
  if (what !== undefined) return { text: what, toRun: true };
  return /^run\s$/iu.test(typed.trimStart()) ? { text: "", toRun: true } : { text, toRun: false };
}

/** Whether an entry is meant by a text: each of its words begins a word of the entry's. */
export function isMeant({ label, words = "", onlyFound = false }: Entry, text: string): boolean {
  if (text === "") return !onlyFound;
  const known = wordsOf(`${label} ${words}`);
  return wordsOf(text).every((asked) => known.some((word) => word.startsWith(asked)));
}

function wordsOf(text: string): readonly string[] {
  return text
    .toLowerCase()
    .split(/[\s…]+/)
    .filter((word) => word !== "");
}

/** The groups that have something in them, each entry once. */
export function filled(groups: readonly EntryGroup[]): readonly EntryGroup[] {
  return groups.filter(({ entries }) => entries.length > 0);
}
