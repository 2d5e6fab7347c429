import type { Command } from "commander";
import { parseCount } from "../arguments.ts";
import { UsageError } from "../errors.ts";
import { readText } from "../files.ts";
import { bothTimes, relativeTime } from "../format.ts";
import { given, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { oneTrigger } from "../routine-definition.ts";
import { handingOver, type KeyOptions, keyText, withKeyFile } from "../signing-key.ts";
import { readAll, utf8 } from "../values.ts";

interface OfRoutine {
  routine: string;
}

/** Bytes of a sample of a payload; the listener takes no more. */
const MOST_BYTES = 1024 * 1024;

/** What only webhooks know, beside what all triggers do. */
export function addWebhooks(triggers: Command, act: Act): void {
  const ofWebhook = (name: string, description: string) =>
    triggers
      .command(name)
      .argument("<trigger>", "id or label of a webhook")
      .description(description)
      .requiredOption("--routine <routine>", "id or title of the routine");

  withExample(
    withKeyFile(ofWebhook("rotate", "make a webhook a new signing key; the old one is taken for a while longer"))
      .option("--keep-old <seconds>", "for how long the old key is taken too; 0 ends it now (86400)", parseSeconds)
      .action(act<OfRoutine & KeyOptions & { keepOld?: number }>(rotate)),
    'triggers rotate github --routine "Nightly triage" --key-out github.key',
  );
  withExample(
    ofWebhook("deliveries", "what came to a webhook and what became of it, newest first")
      .option("--limit <count>", "rows at most", parseCount)
      .option("--cursor <cursor>", "where the last page ended")
      .action(act<OfRoutine & { limit?: number; cursor?: string }>(deliveries)),
    'triggers deliveries github --routine "Nightly triage"',
  );
  withExample(
    ofWebhook("test", "say what a delivery would come to; nothing is started")
      .option("--payload-file <file>", "its body, as JSON")
      .option("--payload-stdin", "read the body from standard input")
      .action(act<OfRoutine & PayloadOptions>(test)),
    'triggers test github --routine "Nightly triage" --payload-file push.json',
  );
}

function parseSeconds(text: string): number {
  return text === "0" ? 0 : parseCount(text);
}

async function rotate(invocation: Invocation, options: OfRoutine & KeyOptions & { keepOld?: number }): Promise<void> {
  const { keyOut, keepOld } = options;
  const input = { ...oneTrigger(invocation, options), ...given({ keepOldSeconds: keepOld }) };
  const { signingKey, webhook } = await handingOver(invocation, keyOut, () =>
    invocation.session(({ client }) => client.webhooks.rotate(input)),
  );
  const { output, host } = invocation;
  output.answer(signingKey === null ? { webhook, keyFile: keyOut } : { signingKey, webhook }, () => {
    const until = webhook.previousKeyUntil;
    const old =
      until === null
        ? "No key from before is taken any more."
        : `The key from before is taken too; it ends ${bothTimes(until, host.clock.now())}.`;
    return `${keyText(signingKey, keyOut)}${old}\n`;
  });
}

async function deliveries(
  invocation: Invocation,
  options: OfRoutine & { limit?: number; cursor?: string },
): Promise<void> {
  const { limit, cursor } = options;
  const page = await invocation.session(({ client }) =>
    client.webhooks.deliveries({ ...oneTrigger(invocation, options), ...given({ limit, cursor }) }),
  );
  const now = invocation.host.clock.now();
  invocation.output.answer(page, (output) => {
    const table = output.table(
      [
        { title: "WHEN", of: (one) => relativeTime(one.receivedAt, now) },
        { title: "OUTCOME", of: (one) => (one.test ? `${one.outcome} (test)` : one.outcome) },
        { title: "ANSWER", of: (one) => String(one.httpStatus) },
        { title: "BYTES", of: (one) => String(one.bodyBytes) },
        { title: "FROM", of: (one) => one.sourceAddress },
        { title: "KEY", of: (one) => (one.previousKey ? "old" : "") },
        { title: "WHY", of: (one) => one.reason, spare: 1 },
      ],
      page.deliveries,
    );
    return `${table}${output.more(page.nextCursor)}`;
  });
}

interface PayloadOptions {
  payloadFile?: string;
  payloadStdin?: true;
}

async function test(invocation: Invocation, options: OfRoutine & PayloadOptions): Promise<void> {
  const payload = await readPayload(invocation, options);
  const input = { ...oneTrigger(invocation, options), ...given({ payload }) };
  const tested = await invocation.session(({ client }) => client.webhooks.test(input));
  invocation.output.answer(tested, (output) =>
    output.fields([
      ["would be", tested.outcome],
      ["answer", String(tested.httpStatus)],
      ["why", tested.reason],
      ["variables", Object.keys(tested.variables).length === 0 ? null : JSON.stringify(tested.variables)],
      ["run", tested.runId],
      ["listener", tested.listener],
    ]),
  );
}

async function readPayload({ host }: Invocation, { payloadFile, payloadStdin }: PayloadOptions) {
  if (payloadFile !== undefined && payloadStdin) {
    throw new UsageError("The payload has two sources.", "Give one of --payload-file FILE and --payload-stdin.");
  }
  if (payloadFile === undefined && !payloadStdin) return undefined;
  const text =
    payloadFile === undefined
      ? utf8(await readAll(host.stdin, MOST_BYTES), "Standard input")
      : await readText(payloadFile);
  try {
    return JSON.parse(text) as NonNullable<Parameters<typeof JSON.stringify>[0]>;
  } catch {
    throw new UsageError("The payload is not JSON.", 'Write such as {"branch": "main"}.');
  }
}
