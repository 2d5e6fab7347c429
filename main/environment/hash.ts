import { createHash } from "node:crypto";
import type { Layer } from "../../preload/contract/environment.ts";
import { compareText } from "./layers.ts";

/** One delivered key as a preview or a manifest shows it. Entries of the runtime's own names do not count. */
export interface HashedEntry {
  readonly key: string;
  readonly layer: Layer | "runtime";
  readonly source: "plain" | "secret" | "runtime";
  readonly overrides?: readonly Layer[] | undefined;
  readonly secretId?: string | undefined;
  readonly version?: number | null | undefined;
  /** Of a preview. */
  readonly problem?: string | null;
  /** Of a manifest. */
  readonly outcome?: "success" | "failure";
}

/** What a run starts, as far as its hash goes: a program in a folder, or a request with its templates. */
export type HashedLaunch =
  | { readonly argv: readonly string[]; readonly cwd: string }
  | {
      readonly method: string;
      readonly url: string;
      readonly headers: readonly (readonly [string, string])[];
      readonly body: string;
      readonly expectStatus: number | null;
    };

/**
 * SHA-256 in hex over what a run is given: keys, winning and losing layers, secrets with version number and whether they
 * can be read, argv template and folder, or the request's templates. Values and run ids are not in it, so that a preview and the run that follows it
 * have the same hash while nothing changed. The order of entries does not matter.
 */
export function sheetHash(entries: readonly HashedEntry[], launch: HashedLaunch): string {
  const env = entries
    .filter((entry) => entry.layer !== "runtime")
    .map((entry) => ({
      key: entry.key,
      layer: entry.layer,
      overrides: [...(entry.overrides ?? [])],
      source: entry.source,
      secretId: entry.secretId ?? null,
      version: entry.version ?? null,
      ready: (entry.problem ?? null) === null && entry.outcome !== "failure",
    }))
    .toSorted((a, b) => compareText(a.key, b.key));
  if ("argv" in launch) return sha256({ format: 1, env, argv: [...launch.argv], cwd: launch.cwd });
  const { method, url, headers, body, expectStatus } = launch;
  return sha256({ format: 1, env, request: { method, url, headers, body, expectStatus } });
}

/** SHA-256 in hex of a JSON value, whatever the order of its objects' keys. */
export function sha256(value: unknown): string {
  return createHash("sha256").update(canonicalJson(value)).digest("hex");
}

/** JSON with the keys of every object sorted, so that equal values have equal text. Keys that are undefined are left out. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item ?? null)).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value ?? null);
  const fields = Object.entries(value)
    .filter(([, field]) => field !== undefined)
    .toSorted(([a], [b]) => compareText(a, b));
  return `{${fields.map(([key, field]) => `${JSON.stringify(key)}:${canonicalJson(field)}`).join(",")}}`;
}
