import { KeyRound } from "lucide-react";
import type { ReactNode } from "react";
import "./tag.css";

/** A short fact beside a name. `accent` for the one that counts. */
export function Tag({ accent, children }: { readonly accent?: boolean; readonly children: ReactNode }) {
  return <span className={accent ? "tag tag-accent" : "tag"}>{children}</span>;
}

export interface SecretTagProps {
  /** The key of the secret, or null where it cannot be found. */
  readonly secretKey: string | null;
  /** `latest` or the pinned number. */
  readonly selector?: string | number | undefined;
  /** The version that a run would read now; null where there is none. */
  readonly version?: number | null | undefined;
  /** Shown instead of a key that cannot be found: the beginning of the id. */
  readonly shortId?: string | undefined;
}

/** The look of a secret wherever one appears: a key glyph, the name in a monospace, a version tag. Never a value, never dots. */
export function SecretTag({ secretKey, selector, version, shortId }: SecretTagProps) {
  return (
    <span className={secretKey === null ? "tag-secret tag-secret-gone" : "tag-secret"}>
      <KeyRound aria-hidden="true" />
      <code className="truncate" title={secretKey ?? undefined}>
        {secretKey ?? `missing ${shortId ?? ""}`}
      </code>
      {selector === undefined ? null : <Tag>{versionText(selector, version)}</Tag>}
    </span>
  );
}

function versionText(selector: string | number, version: number | null | undefined): string {
  if (selector !== "latest") return `v${selector}`;
  return version === null || version === undefined ? "latest" : `latest → v${version}`;
}

const LAYERS = ["agent", "project", "routine"] as const;

/** The layers that set a key, in their order: the winner solid, losers struck through. */
export function LayerTags({
  winner,
  overrides,
}: {
  readonly winner: (typeof LAYERS)[number];
  readonly overrides: readonly (typeof LAYERS)[number][];
}) {
  return (
    <span className="tag-layers">
      {LAYERS.filter((layer) => layer === winner || overrides.includes(layer)).map((layer) =>
        layer === winner ? (
          <span key={layer} className="tag tag-layer-wins">
            {layer}
            <span className="unseen"> wins</span>
          </span>
        ) : (
          <s key={layer} className="tag tag-layer-lost">
            {layer}
          </s>
        ),
      )}
    </span>
  );
}
