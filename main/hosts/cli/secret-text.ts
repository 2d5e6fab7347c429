import type { Actor } from "../../../preload/contract/common.ts";
import type { SecretDetail, SecretRecord, SecretVersion, VersionUse } from "../../../preload/contract/secrets.ts";
import { bothTimes, paintState, plural, relativeTime, stateText } from "./format.ts";
import type { Output } from "./output.ts";

/** A secret without its value. */
export function secretText(secret: SecretRecord, output: Output, now: Date): string {
  return output.fields([
    ["key", `⚿ ${secret.key}`],
    ["name", secret.name === secret.key ? null : secret.name],
    ["description", secret.description],
    ["status", paintState(stateText(secret.status), secret.status, output.colours)],
    [
      "latest",
      secret.latestVersion === 0 ? "none: its creation was interrupted; delete it" : `v${secret.latestVersion}`,
    ],
    ["used by", plural(secret.references, "binding")],
    ["last used", bothTimes(secret.lastResolvedAt, now) ?? "never"],
    ["rotated", bothTimes(secret.lastRotatedAt, now)],
    ["provider", secret.provider],
    ["kept there as", secret.externalRef],
    ["by", secret.managedMode === "external_reference" ? "somebody else; this is a link" : null],
    ["vault id", secret.vaultId],
    ["created", bothTimes(secret.createdAt, now)],
    ["id", secret.id],
  ]);
}

/** The versions of a secret, newest first; with `use`, how many runs were given each and when last. */
export function versionsText(
  { key, versions }: SecretDetail,
  use: VersionUse | null,
  output: Output,
  now: Date,
): string {
  if (versions.length === 0) return "";
  const usedOf = new Map(use?.versions.map((used) => [used.version, used]));
  const table = output.table<SecretVersion>(
    [
      { title: "VERSION", of: ({ version }) => `v${version}` },
      {
        title: "STATUS",
        of: (version) => (isReservation(version) ? "○ never stored" : stateText(version.status)),
        paint: (cell, version) => (isReservation(version) ? cell : paintState(cell, version.status, output.colours)),
      },
      { title: "MADE", of: ({ createdAt }) => relativeTime(createdAt, now) },
      { title: "BY", of: ({ createdBy }) => actorText(createdBy), spare: 3 },
      ...(use === null
        ? []
        : [
            { title: "RUNS", of: ({ version }: SecretVersion) => usedOf.get(version)?.runs ?? 0, right: true },
            {
              title: "LAST USED",
              of: ({ version }: SecretVersion) => relativeTime(usedOf.get(version)?.lastUsedAt ?? null, now) ?? "never",
            },
          ]),
      { title: "REVOKED", of: ({ revokedAt }) => relativeTime(revokedAt, now), spare: 2 },
      { title: "MASTER KEY", of: ({ keyId }) => keyId, spare: 1 },
      { title: "NOTE", of: ({ note }) => note ?? "" },
    ],
    versions,
  );
  if (use === null || use.versions.length === 0) return table;
  const of = use.more ? `Counted in the newest ${use.accesses.toLocaleString("en")} accesses. ` : "";
  return `${table}${output.hint(`${of}The runs of a version: \`paperclip-desktop secrets events ${key} --secret-version N\``)}\n`;
}

/** A number that was reserved for a value that a provider never stored. */
function isReservation({ status, revokedAt }: SecretVersion): boolean {
  return status === "disabled" && revokedAt === null;
}

function actorText({ type, id }: Actor): string {
  if (type === "user") return "operator";
  return id === null ? type : `${type} ${id.slice(0, 8)}`;
}
