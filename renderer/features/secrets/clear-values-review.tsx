import { useState } from "react";
import type { InlineAnswer, InlineFinding } from "../../../preload/contract/inline-secrets.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { useClient } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import { Button } from "../../ui/button.tsx";
import { DialogActions } from "../../ui/dialog.tsx";
import { Checkbox } from "../../ui/field.tsx";
import { Mark } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { SecretTag, Tag } from "../../ui/tag.tsx";
import { Line, Lines } from "./lines.tsx";
import { counted } from "./secret-words.ts";
import { useClearValues } from "./use-clear-values.ts";
import { useValueBlock } from "./use-value-block.ts";
import "./clear-values.css";

const idOf = ({ layer, consumerId, key }: InlineFinding) => `${layer} ${consumerId} ${key}`;
const canSeal = ({ outcome }: InlineFinding) => outcome !== "skipped";

/** What stands in clear, what would become of it, and, once that was done, what became of each. */
export function ClearValuesReview({ onClose }: { onClose(): void }) {
  const query = useClearValues();
  const [done, setDone] = useState<InlineAnswer | null>(null);
  if (done !== null) return <Done answer={done} onClose={onClose} />;
  return (
    <Answered
      query={query}
      what="The values in clear cannot be shown"
      loading={<SkeletonRows rows={4} label="Looking for values in clear" />}
    >
      {({ findings }) =>
        findings.length === 0 ? (
          <>
            <p>
              <Mark state="ok">No plain value of an agent, project or routine looks like a credential.</Mark>
            </p>
            <DialogActions>
              <Button onPress={onClose}>Close</Button>
            </DialogActions>
          </>
        ) : (
          <Choose findings={findings} onDone={setDone} onClose={onClose} />
        )
      }
    </Answered>
  );
}

interface ChooseProps {
  readonly findings: readonly InlineFinding[];
  onDone(answer: InlineAnswer): void;
  onClose(): void;
}

function Choose({ findings, onDone, onClose }: ChooseProps) {
  const company = useCompany();
  const client = useClient();
  const blocked = useValueBlock();
  const [left, setLeft] = useState<ReadonlySet<string>>(new Set());
  const sealable = findings.filter(canSeal);
  const chosen = sealable.filter((finding) => !left.has(idOf(finding)));
  const seal = useAction((only: readonly InlineFinding[]) =>
    client.inlineSecrets.migrate({
      company: company.id,
      only: only.map(({ layer, consumerId, key }) => ({ layer, consumerId, key })),
    }),
  );
  const submit = async () => {
    const answer = await seal.run(chosen);
    if (answer !== null) onDone(answer);
  };
  const choose = (finding: InlineFinding, isChosen: boolean) => {
    const next = new Set(left);
    if (isChosen) next.delete(idOf(finding));
    else next.add(idOf(finding));
    setLeft(next);
  };
  return (
    <>
      <p>
        Each chosen value becomes a secret, and its key refers to it: runs get the same as before. Of a routine it is a
        new revision.
      </p>
      {sealable.length < 2 ? null : (
        <Checkbox
          isSelected={chosen.length === sealable.length}
          isIndeterminate={chosen.length > 0 && chosen.length < sealable.length}
          onChange={(all) => setLeft(all ? new Set() : new Set(sealable.map(idOf)))}
        >
          All {sealable.length.toLocaleString("en")}
        </Checkbox>
      )}
      <Lines label="Values in clear" entries={findings} idOf={idOf}>
        {(finding) => (
          <Line
            first={
              <>
                {canSeal(finding) ? (
                  <Checkbox
                    isSelected={!left.has(idOf(finding))}
                    isDisabled={seal.pending}
                    onChange={(isChosen) => choose(finding, isChosen)}
                  >
                    <Whose finding={finding} />
                  </Checkbox>
                ) : (
                  <Whose finding={finding} />
                )}
                <Becomes finding={finding} findings={findings} />
              </>
            }
            second={finding.skipped === null ? finding.why : `Not sealed: ${finding.skipped}`}
          />
        )}
      </Lines>
      <InHistory />
      {seal.failure === null ? null : <FailureNotice failure={seal.failure} what="The values were not all sealed" />}
      {blocked === null ? null : <p className="field-error">{blocked}</p>}
      <DialogActions>
        <Button onPress={onClose}>Cancel</Button>
        <Button
          variant="primary"
          isPending={seal.pending}
          isDisabled={blocked !== null || chosen.length === 0}
          onPress={() => void submit()}
        >
          Seal {counted(chosen.length, "value")}
        </Button>
      </DialogActions>
    </>
  );
}

function Done({ answer: { findings }, onClose }: { readonly answer: InlineAnswer; onClose(): void }) {
  const sealed = findings.filter(canSeal);
  const skipped = findings.length - sealed.length;
  return (
    <>
      <Notice
        tone={skipped === 0 ? "good" : "doubtful"}
        title={
          skipped === 0
            ? `${counted(sealed.length, "value is", "values are")} sealed`
            : `${counted(sealed.length, "value is", "values are")} sealed, ${skipped.toLocaleString("en")} ${skipped === 1 ? "is" : "are"} not`
        }
      />
      <Lines label="What became of each" entries={findings} idOf={idOf}>
        {(finding) => (
          <Line
            first={
              <>
                <Mark state={canSeal(finding) ? "ok" : "skipped"}>
                  <Whose finding={finding} />
                </Mark>
                <Becomes finding={finding} findings={findings} />
              </>
            }
            second={finding.skipped === null ? null : `Not sealed: ${finding.skipped}`}
          />
        )}
      </Lines>
      {sealed.length === 0 ? null : <InHistory />}
      <DialogActions>
        <Button variant="primary" onPress={onClose}>
          Close
        </Button>
      </DialogActions>
    </>
  );
}

function Whose({ finding: { layer, consumerName, key } }: { readonly finding: InlineFinding }) {
  return (
    <span>
      <code>{key}</code> of the {layer} <span dir="auto">{consumerName}</span>
    </span>
  );
}

function Becomes({
  finding,
  findings,
}: {
  readonly finding: InlineFinding;
  readonly findings: readonly InlineFinding[];
}) {
  if (finding.secretKey === null) return <span className="quiet">plain</span>;
  const sharing = findings.filter(({ secretKey }) => secretKey === finding.secretKey).length;
  return (
    <span className="clear-values-secret">
      <SecretTag secretKey={finding.secretKey} />
      {finding.outcome === "new_secret" ? <Tag>new</Tag> : <Tag>the same value</Tag>}
      {sharing > 1 ? <Tag>shared by {sharing}</Tag> : null}
    </span>
  );
}

function InHistory() {
  return (
    <Notice
      title="Older revisions of routines, sheets of earlier runs and backups still hold these values in clear"
      next="Replace each credential where it was issued, then rotate its secret."
    />
  );
}
