import { Tag } from "../../ui/tag.tsx";
import { ConsumerLink } from "./consumer-link.tsx";
import { Line, Lines } from "./lines.tsx";
import { variableOf } from "./secret-words.ts";
import type { Use } from "./secret-words.ts";

/** Who is bound to a secret: target, layer, variable, and the version that it takes. */
export function UsageLines({ usage, label }: { readonly usage: readonly Use[]; readonly label: string }) {
  return (
    <Lines label={label} entries={usage} idOf={({ targetId, configPath }) => `${targetId} ${configPath}`}>
      {(use) => (
        <Line
          first={
            <>
              <ConsumerLink type={use.targetType} id={use.targetId} name={use.targetName} />
              <Tag>{use.selector === "latest" ? "latest" : `pinned to v${use.selector}`}</Tag>
            </>
          }
          second={
            <>
              <span>{use.targetType}</span>
              <code title={use.configPath}>{variableOf(use.configPath)}</code>
            </>
          }
        />
      )}
    </Lines>
  );
}
