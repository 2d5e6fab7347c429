import type { SecretRecord } from "../../../preload/contract/secrets.ts";
import { bothTimes, paintState, plural, stateText } from "./format.ts";
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
