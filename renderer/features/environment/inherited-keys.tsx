import type { Layer } from "../../../preload/contract/environment.ts";
import { Button } from "../../ui/button.tsx";
import { LayerTags, SecretTag } from "../../ui/tag.tsx";
import { versionRead, shortId } from "./reference-state.ts";
import type { SecretState } from "./reference-state.ts";
import { ReferenceState } from "./row-state.tsx";
import { LAYERS } from "./precedence.ts";
import type { EnvView, InheritedKey } from "./use-env-view.ts";

export interface InheritedKeysProps {
  readonly layer: Layer;
  readonly view: EnvView;
  readonly isReadOnly: boolean;
  onOverride(inherited: InheritedKey): void;
}

/** Keys that other layers set, read-only, each with a way to set it here. */
export function InheritedKeys({ layer, view, isReadOnly, onOverride }: InheritedKeysProps) {
  return view.inherited.map((one) => (
    <li key={one.key} className="env-editor-line">
      <div role="group" aria-label={`${one.key}, from ${one.winner}`} className="env-editor-row env-editor-row-fixed">
        <div className="env-editor-key">
          <code dir="auto">{one.key}</code>
        </div>
        <div className="env-editor-source quiet">{one.binding.type === "plain" ? "plain" : "secret"}</div>
        <div className="env-editor-value">
          {one.binding.type === "plain" ? (
            <code className="truncate" title={one.binding.value}>
              {one.binding.value === "" ? <span className="quiet">empty</span> : one.binding.value}
            </code>
          ) : (
            <InheritedSecret
              state={view.secretOf(one.binding.secretId)}
              secretId={one.binding.secretId}
              selector={one.binding.version}
            />
          )}
        </div>
        <div className="env-editor-layers">
          <LayerTags winner={one.winner} overrides={one.overrides} />
        </div>
        <div className="env-editor-state">
          {one.binding.type === "plain" ? (
            <span className="quiet">plain</span>
          ) : (
            <ReferenceState
              secret={view.secretOf(one.binding.secretId)}
              problem={one.problem}
              selector={one.binding.version}
            />
          )}
        </div>
        <div className="env-editor-end">
          {isReadOnly || LAYERS.indexOf(layer) < LAYERS.indexOf(one.winner) ? null : (
            <Button variant="quiet" aria-label={`Override ${one.key}`} onPress={() => onOverride(one)}>
              Override
            </Button>
          )}
        </div>
      </div>
    </li>
  ));
}

function InheritedSecret({
  state,
  secretId,
  selector,
}: {
  readonly state: SecretState;
  readonly secretId: string;
  readonly selector: number | "latest";
}) {
  if (state.kind === "gone") return <SecretTag secretKey={null} shortId={shortId(secretId)} selector={selector} />;
  if (state.kind !== "there") return <SecretTag secretKey={shortId(secretId)} selector={selector} />;
  return <SecretTag secretKey={state.secret.key} selector={selector} version={versionRead(state.secret, selector)} />;
}
