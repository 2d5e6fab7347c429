import { Argument } from "commander";
import type { Command } from "commander";
import type { CustodyChange } from "../../../../preload/contract/vault-keys.ts";
import { withExample } from "../invocation.ts";
import type { Act } from "../invocation.ts";
import { oneLine } from "../text.ts";

type Custody = CustodyChange["custody"];

const NAMES = { file: "a file of this instance", keychain: "the keychain of the system" } as const;

/** Where the master key is kept. */
export function addKeyCustody(key: Command, act: Act): void {
  withExample(
    key
      .command("custody")
      .addArgument(new Argument("<place>", "where the key is kept from now on").choices(Object.keys(NAMES)))
      .description(
        "move the master key between its file and the keychain; it leaves the one once the other gives it back",
      )
      .action(
        act(async (invocation) => {
          const custody = invocation.argument(0) as Custody;
          const change = await invocation.session(({ client }) => client.keys.setCustody({ custody }));
          invocation.output.answer(change, (output) =>
            [outcome(change), ...change.notes.map((note) => output.hint(oneLine(note)))]
              .map((line) => `${line}\n`)
              .join(""),
          );
        }),
      ),
    "secrets key custody keychain",
  );
}

function outcome({ custody, moved, keyId, notes }: CustodyChange): string {
  const place = NAMES[custody];
  if (moved) return `The master key ${keyId ?? ""} was moved to ${place}.`;
  return notes.length === 0 ? `The master key is kept in ${place} already.` : `The custody is ${place} from now on.`;
}
