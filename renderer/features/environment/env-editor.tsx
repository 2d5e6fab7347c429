import { FileInput } from "lucide-react";
import { useEffect, useLayoutEffect, useRef, useState } from "react";
import type { Layer, PreviewEntry } from "../../../preload/contract/environment.ts";
import { CreateSecretForm } from "../secrets/create-secret-form.tsx";
import { EnvFileDialog } from "../secrets/env-file-dialog.tsx";
import { Button } from "../../ui/button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Notice } from "../../ui/notice.tsx";
import { say } from "../../ui/toast.tsx";
import { secretKeyFor } from "../../../preload/rules/credentials.ts";
import { EnvAttention } from "./env-attention.tsx";
import type { EnvPair } from "./env-block.ts";
import { envProblems, refusedRows } from "./env-problems.ts";
import { EnvRowFields } from "./env-row-fields.tsx";
import { emptyRow, isBlank, rowOf } from "./env-rows.ts";
import type { EnvDraft, EnvRow } from "./env-rows.ts";
import { InheritedKeys } from "./inherited-keys.tsx";
import type { LayerEnvs } from "./precedence.ts";
import { SealForm } from "./seal-form.tsx";
import { useEnvView } from "./use-env-view.ts";
import type { Attention, InheritedKey } from "./use-env-view.ts";
import { usePlatform } from "./use-platform.ts";
import "./env-editor.css";

export interface EnvEditorProps {
  /** The lines, which the caller holds: `envRows(record.env)` to begin with, `envInputOf(rows)` to save. */
  readonly rows: EnvDraft;
  onChange(rows: EnvDraft): void;
  /** Whose env it is. */
  readonly layer: Layer;
  /** The envs of the other layers, so that it shows who wins. Left out, this layer is shown alone. */
  readonly others?: LayerEnvs;
  /** What a run of the saved routine would get (`routines.preview`), for what only the control plane can judge. */
  readonly preview?: readonly PreviewEntry[];
  /** Messages by field of the last save (`action.fieldErrors`); those named `env.KEY` are shown at their line. */
  readonly errors?: Readonly<Record<string, string>>;
  readonly isReadOnly?: boolean;
  /** The stored record that a .env file can be imported into; left out while there is none. */
  readonly importing?: EnvImport;
}

export interface EnvImport {
  readonly id: string;
  readonly name: string;
  /** Why nothing can be imported now, such as changes that are not saved; or null. */
  readonly blocked: string | null;
}

const NONE: LayerEnvs = {};
const NO_PREVIEW: readonly PreviewEntry[] = [];

type Part = "key" | "value";
type Asking = { readonly what: "create" | "seal"; readonly row: EnvRow };

/**
 * Edits the env of one layer: plain values and references to secrets, with who wins each key and what would stop a run. It
 * holds nothing of the env itself. To be saved only while `envProblems(rows)` is empty; the control plane judges again.
 */
export function EnvEditor(props: EnvEditorProps) {
  const { rows, layer, others, preview = NO_PREVIEW, errors, isReadOnly = false, importing } = props;
  const platform = usePlatform();
  const view = useEnvView({ rows, layer, others: others ?? NONE, preview });
  const [next, setNext] = useState(emptyRow);
  const [asking, setAsking] = useState<Asking | null>(null);
  const [sealed, setSealed] = useState<Sealed | null>(null);
  const { container, focusOn } = useFocusOnRow();
  // A secret is created while the lines may go on changing.
  const latest = useRef(props);
  useLayoutEffect(() => {
    latest.current = props;
  });

  const replace = (row: EnvRow) => {
    const { rows: current, onChange } = latest.current;
    onChange(current.map((each) => (each.id === row.id ? row : each)));
  };
  const add = (row: EnvRow, part?: Part) => {
    props.onChange([...rows.filter((each) => !isBlank(each)), row]);
    if (part) focusOn(row.id, part);
  };
  const begin = (row: EnvRow) => {
    props.onChange([...rows, row]);
    setNext(emptyRow());
  };
  const remove = (row: EnvRow) => {
    const index = rows.findIndex(({ id }) => id === row.id);
    focusOn((rows[index + 1] ?? next).id, "key");
    props.onChange(rows.filter(({ id }) => id !== row.id));
  };
  const paste = (at: EnvRow, pairs: readonly EnvPair[]) => {
    const pasted = pairs.map(({ key, value }) => rowOf(key, { type: "plain", value }));
    const index = rows.findIndex(({ id }) => id === at.id);
    const before = index === -1 ? rows : rows.slice(0, isBlank(at) ? index : index + 1);
    props.onChange([...before, ...pasted, ...(index === -1 ? [] : rows.slice(index + 1))]);
    const last = pasted.at(-1);
    if (last) focusOn(last.id, "value");
    say(pairs.length === 1 ? "1 key was pasted as a line." : `${pairs.length} keys were pasted as lines.`);
  };
  const override = ({ key, binding }: InheritedKey) => add(rowOf(key, binding), "value");
  const refer = (row: EnvRow, secretId: string) => {
    replace({ ...row, kind: "secret", secretId, version: "latest", value: "" });
    setAsking(null);
    // What opened the dialog may be gone by now.
    focusOn(row.id, "key");
  };

  const refused = refusedRows(rows, errors);
  const local = envProblems(rows, platform);
  const hasLayers = others !== undefined;
  const line = (row: EnvRow, isNew: boolean) => (
    <EnvRowFields
      key={row.id}
      row={row}
      layer={layer}
      hasLayers={hasLayers}
      precedence={view.precedenceOf(row)}
      secret={row.secretId === null ? null : view.secretOf(row.secretId)}
      reference={view.problemOf(row)}
      problem={local.get(row.id) ?? refused.get(row.id)}
      isReadOnly={isReadOnly}
      isNew={isNew}
      onChange={isNew ? begin : replace}
      onRemove={() => remove(row)}
      onPaste={(pairs) => paste(row, pairs)}
      onCreateSecret={() => setAsking({ what: "create", row })}
      onSeal={() => setAsking({ what: "seal", row })}
    />
  );
  const ways = ({ key, layer: from, row }: Attention) => ({
    isReadOnly,
    onUseLatest: () => row && replace({ ...row, version: "latest" }),
    onChooseAnother: () => row && focusOn(row.id, "value"),
    onRemove: () => row && remove(row),
    onOverride: () => {
      const one = view.inherited.find((each) => each.key === key && each.winner === from);
      if (one) override(one);
    },
  });
  return (
    <>
      <div
        ref={container}
        role="group"
        aria-label={`Env of the ${layer}`}
        className={hasLayers ? "env-editor env-editor-layered" : "env-editor"}
        onKeyDown={(event) => {
          // Enter in a line must not send the form around it.
          if (event.key === "Enter" && event.target instanceof HTMLInputElement) event.preventDefault();
        }}
      >
        {hasLayers ? <p className="quiet">Order: agent &lt; project &lt; routine. The last one wins.</p> : null}
        <EnvAttention view={view} ways={ways} />
        {sealed === null ? null : <SealedNotice {...sealed} layer={layer} />}
        {rows.length > 0 || view.inherited.length > 0 ? null : (
          <p className="quiet">
            {isReadOnly ? "No key is set." : "No key is set yet. Type one, or paste the lines of an .env file."}
          </p>
        )}
        {isReadOnly && rows.length === 0 && view.inherited.length === 0 ? null : (
          <div className="env-editor-grid">
            <Heads hasLayers={hasLayers} />
            <ul aria-label={`Keys of the ${layer}`}>
              {/* One list, so that the new line stays the same on the page when it becomes one of the others. */}
              {(isReadOnly ? rows : [...rows, next]).map((row) => line(row, row.id === next.id))}
            </ul>
            {view.inherited.length === 0 ? null : (
              <>
                <p className="env-editor-below">From other layers</p>
                <ul aria-label="Keys from other layers">
                  <InheritedKeys layer={layer} view={view} isReadOnly={isReadOnly} onOverride={override} />
                </ul>
              </>
            )}
          </div>
        )}
        {importing === undefined || isReadOnly ? null : <ImportButton importing={importing} layer={layer} />}
      </div>
      <Dialog title="Create secret" isOpen={asking?.what === "create"} onClose={() => setAsking(null)}>
        {asking === null ? null : (
          <CreateSecretForm
            {...(asking.row.key.trim() === "" ? {} : { suggestedKey: secretKeyFor(asking.row.key) })}
            onCreated={({ id }) => refer(asking.row, id)}
            onCancel={() => setAsking(null)}
          />
        )}
      </Dialog>
      <Dialog
        title={`Seal ${asking?.row.key.trim() ?? ""} into a secret`}
        isOpen={asking?.what === "seal"}
        onClose={() => setAsking(null)}
      >
        {asking === null ? null : (
          <SealForm
            row={asking.row}
            onSealed={(secret) => {
              refer(asking.row, secret.id);
              setSealed({ envKey: asking.row.key.trim(), secretKey: secret.key });
            }}
            onCancel={() => setAsking(null)}
          />
        )}
      </Dialog>
    </>
  );
}

function ImportButton({ importing, layer }: { readonly importing: EnvImport; readonly layer: Layer }) {
  const { id, name, blocked } = importing;
  const [isOpen, setOpen] = useState(false);
  return (
    <div className="env-editor-import">
      <Button icon={FileInput} isDisabled={blocked !== null} onPress={() => setOpen(true)}>
        Import a .env file…
      </Button>
      {blocked === null ? null : <span className="quiet small">{blocked}</span>}
      <EnvFileDialog into={{ layer, id, name }} isOpen={isOpen} onClose={() => setOpen(false)} />
    </div>
  );
}

function Heads({ hasLayers }: { readonly hasLayers: boolean }) {
  return (
    <div className="env-editor-row env-editor-heads" aria-hidden="true">
      <span className="env-editor-key">Key</span>
      <span className="env-editor-source">Source</span>
      <span className="env-editor-value">Value or secret</span>
      {hasLayers ? <span className="env-editor-layers">Layers</span> : null}
      <span className="env-editor-state">State</span>
      <span className="env-editor-end" />
    </div>
  );
}

interface Sealed {
  readonly envKey: string;
  readonly secretKey: string;
}

function SealedNotice({ envKey, secretKey, layer }: Sealed & { readonly layer: Layer }) {
  return (
    <Notice
      tone="good"
      title={`${envKey} refers to the secret "${secretKey}" now; the plain value is gone from its line`}
    >
      Save the {layer} to keep it so.{" "}
      {layer === "routine"
        ? "Revisions that were saved with the plain value still hold it: where others could read it, replace it at its source and rotate the secret."
        : "Where others could read the plain value, replace it at its source and rotate the secret."}
    </Notice>
  );
}

/** Moves the focus to a part of a line once it is on the page. */
function useFocusOnRow() {
  const container = useRef<HTMLDivElement>(null);
  const wanted = useRef<{ readonly id: string; readonly part: Part } | null>(null);
  const [asked, setAsked] = useState(0);
  useEffect(() => {
    if (wanted.current === null) return;
    const { id, part } = wanted.current;
    const field = container.current?.querySelector<HTMLElement>(
      `[data-row="${id}"] .env-editor-${part} :is(input, textarea)`,
    );
    if (!field) return;
    wanted.current = null;
    field.focus();
  }, [asked]);
  const focusOn = (id: string, part: Part) => {
    wanted.current = { id, part };
    setAsked((count) => count + 1);
  };
  return { container, focusOn };
}
