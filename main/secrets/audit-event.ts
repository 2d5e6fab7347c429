import { createHmac } from "node:crypto";

/**
 * The columns of an access event that its seal covers, in the order in which they stand there: all but the seal itself.
 * The order is part of the scheme; a column that is added later needs a new one.
 */
export const SEALED_COLUMNS = [
  "id",
  "company_id",
  "sequence",
  "secret_id",
  "secret_key",
  "secret_name",
  "version",
  "provider",
  "actor_type",
  "actor_id",
  "consumer_type",
  "consumer_id",
  "config_path",
  "layer",
  "issue_id",
  "routine_run_id",
  "heartbeat_run_id",
  "plugin_id",
  "outcome",
  "error_code",
  "created_at",
] as const;

const SCHEME = "access_event_v1";

/** One access event as its seal sees it: the texts of `SEALED_COLUMNS`, null where there is none; `created_at` in ms. */
export interface ChainRow {
  readonly sequence: number;
  readonly columns: readonly (string | null)[];
  readonly seal: string | null;
}

/**
 * The seal of an event, 64 hex digits: an HMAC over the scheme, the company and the number that the chain expects here, the
 * seal before it (null for the first), and every column. JSON keeps the parts apart: no two lists have the same text.
 */
export function sealOf(
  key: Buffer,
  place: { readonly companyId: string; readonly sequence: number; readonly previous: string | null },
  columns: ChainRow["columns"],
): string {
  return createHmac("sha256", key)
    .update(JSON.stringify([SCHEME, place.companyId, place.sequence, place.previous, columns]))
    .digest("hex");
}

/** What names the chains of one audit key without saying anything of it. */
export function chainIdOf(key: Buffer): string {
  return createHmac("sha256", key).update(`${SCHEME}: id`).digest("hex").slice(0, 16);
}
