import type { BackupEntry, BackupWork, RetainedBackup } from "../../../preload/contract/backups.ts";
import { areasText } from "../../../preload/rules/backup-areas.ts";
import { schemaDifferencesText } from "../../../preload/rules/schema-differences.ts";
import { bytesText } from "../../ui/time-text.ts";
import { counted } from "../secrets/secret-words.ts";

/** The name of a backup's file, by which the panel knows it. */
export function fileNameOf({ path }: { readonly path: string }): string {
  return path.split(/[/\\]/).at(-1) ?? path;
}

export function kindText(backup: BackupEntry): string {
  if (backup.state === "unreadable") return "unreadable";
  if (backup.state === "sealed") {
    return {
      manual: "everything",
      scheduled: "everything, by interval",
      received: "everything, from elsewhere",
    }[backup.reason];
  }
  if (fileNameOf(backup).endsWith("-received.tar")) return "database, from elsewhere";
  return {
    manual: "database, by hand",
    scheduled: "database, by interval",
    "pre-migration": "database, pre-migration",
  }[backup.reason];
}

/** What is needed to read the secrets in it. */
export function keyText(backup: BackupEntry): string {
  if (backup.state === "unreadable") return "";
  if (backup.state === "sealed") return backup.openedBy === "passphrase" ? "passphrase" : "recovery code";
  const [key, ...more] = backup.keyIds;
  if (key === undefined) return "none needed";
  return more.length === 0 ? `needs key ${key.slice(0, 8)}` : `needs ${more.length + 1} keys`;
}

/** What it holds, as far as it can be told without reading it whole. */
export function holdsText(backup: BackupEntry): string {
  // The file is named beside it, and its path leaves no room for the reason.
  if (backup.state === "unreadable") return backup.problem.replace(backup.path, "It");
  if (backup.state === "sealed") return "database, key, files, settings";
  if (backup.holds === null) return `${companiesText(backup.instance.companies)}: its end is missing`;
  const { companies: _, ...areas } = backup.holds;
  return `${companiesText(backup.instance.companies)}: ${areasText({ companies: 0, ...areas })}`;
}

/** How the schema differed by its last proof; null where it did not. */
export function provenSchemaText({
  provenDifferences: found,
}: Exclude<BackupEntry, { state: "unreadable" }>): string | null {
  return found === null ? null : schemaDifferencesText(found.first, found.count);
}

function companiesText([first = "no company", ...more]: readonly string[]): string {
  return more.length === 0 ? first : `${first} and ${more.length} more`;
}

const DOING = {
  taking: "Backing up",
  verifying: "Verifying a backup",
  proving: "Proving a backup",
  pruning: "Removing old backups",
} as const satisfies Record<BackupWork["kind"], string>;

export function workText({ kind, done, bytes, rows, table }: BackupWork): string {
  const parts = [
    `${DOING[kind]}: ${Math.floor(done * 100)} %`,
    bytes === null ? null : bytesText(bytes),
    rows === null ? null : counted(rows, "row"),
    table,
  ];
  return parts.filter((part) => part !== null).join(" · ");
}

const KEPT = {
  newest: "the newest",
  newest_proven: "the newest proven one",
  newest_before_migration: "the newest before a migration",
  hourly: "an hour",
  daily: "a day",
  weekly: "a week",
  monthly: "a month",
} as const satisfies Record<RetainedBackup["keep"][number], string>;

export function keptText({ keep, removedFor }: RetainedBackup): string {
  if (removedFor === "size") return "above the size limit";
  if (removedFor === "tiers") return "not needed for any hour, day, week or month";
  return keep.map((why) => KEPT[why]).join(", ");
}
