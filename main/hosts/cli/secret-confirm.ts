import type { SecretChange } from "../../../preload/contract/blast.ts";
import { blastSentence, blastText } from "./blast-text.ts";
import { confirmed, mayAsk } from "./confirm.ts";
import { ofCompany } from "./invocation.ts";
import type { Invocation } from "./invocation.ts";
import type { Session } from "./session.ts";

export interface ConfirmOptions {
  readonly yes?: true;
}

/** Changes that nothing brings back; they are asked about even where no routine feels them. */
const FINAL: ReadonlySet<SecretChange> = new Set(["delete", "destroy_version"]);

/**
 * Says on a terminal what a change of the secret that the first argument names would stop, and waits for a yes. Goes on
 * without a word where there is no terminal, with `--yes`, and where the change can be undone and stops nothing.
 */
export async function confirmChange(
  invocation: Invocation,
  { client }: Session,
  change: SecretChange,
  { version, yes }: { readonly version?: number | undefined } & ConfirmOptions,
): Promise<void> {
  if (yes || !mayAsk(invocation)) return;
  const { output, host } = invocation;
  const blast = await client.routines.blast({
    ...ofCompany(invocation),
    secret: invocation.argument(0),
    change,
    ...(version === undefined ? {} : { version }),
  });
  const { routines, firings } = blast.counts;
  const stops = routines.stops + firings.stops > 0;
  if (!stops && !FINAL.has(change)) return;
  const text = stops ? blastText(blast, output, host.clock.now()) : `${blastSentence(blast)}\n`;
  await confirmed(invocation, text, FINAL.has(change) ? "This cannot be undone. Go on?" : "Go on?");
}
