import type { Command } from "commander";
import type { RotatedKey } from "../../../../preload/contract/vault-keys.ts";
import { bothTimes, paintState, plural, stateText } from "../format.ts";
import { given, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { findingsText, nextText, recoveryFields, retiredText } from "../vault-text.ts";
import { addKeyCustody } from "./key-custody.ts";
import { addRecovery } from "./recovery.ts";

/** The master key: what it is, its rotation, and the code that brings it back. */
export function addMasterKey(secrets: Command, act: Act): void {
  const key = secrets.command("key").description("the master key, its rotation and its recovery code");
  withExample(
    key
      .command("show")
      .description("id, state and custody of the master key, retired keys, recovery code; never a key")
      .action(act(showKey)),
    "secrets key show",
  );

  withExample(
    key
      .command("rotate")
      .description("make a new master key and wrap every secret by it, while everything goes on")
      .action(act(rotateKey)),
    "secrets key rotate",
  );

  withExample(
    key
      .command("forget")
      .argument("[key-id]", "a retired key, as `secrets key show` prints it; left out, all that no version needs")
      .description("remove retired master keys for good; copies of the database from their time cannot be read then")
      .action(
        act(async (invocation) => {
          const keyId = invocation.argumentOr(0, undefined);
          const answer = await invocation.session(({ client }) => client.keys.forget(given({ keyId })));
          const now = invocation.host.clock.now();
          invocation.output.answer(answer, (output) => {
            const { forgotten, kept } = answer;
            const gone =
              forgotten.length === 0 ? "No retired key was forgotten." : `Forgotten: ${forgotten.join(", ")}.`;
            const none = kept.length === 0 ? " None is kept." : "";
            return `${gone}${none}\n${retiredText(kept, output, now)}`;
          });
        }),
      ),
    "secrets key forget",
    "secrets key forget 0123456789abcdef",
  );

  addKeyCustody(key, act);
  addRecovery(key, act);
}

async function showKey({ session, output, host }: Invocation): Promise<void> {
  const now = host.clock.now();
  const { counts: _, ...shown } = await session(async ({ client }) => {
    const keys = await client.keys.show();
    return { ...(await client.secrets.health()), ...keys };
  });
  const { rotation } = shown;
  output.answer(shown, () => {
    const fields = output.fields([
      ["vault", paintState(stateText(shown.state), shown.state, output.colours)],
      ["key id", shown.keyId ?? "none"],
      ["expected", shown.expectedKeyId === shown.keyId ? null : shown.expectedKeyId],
      ["made", bothTimes(shown.createdAt, now)],
      ["custody", shown.custody],
      ["who can read", shown.whoCanRead],
      ...recoveryFields(shown.recovery, now),
      ["rotation", rotation.running ? `under way, ${plural(rotation.done, "version")} wrapped anew` : null],
      ["rotation", shown.state === "ready" && !rotation.possible ? `not possible: ${rotation.why ?? ""}` : null],
    ]);
    const retired = retiredText(shown.retired, output, now);
    return `${findingsText(shown.findings, output)}${fields}${retired === "" ? "" : `\n${retired}`}`;
  });
}

async function rotateKey({ session, output }: Invocation): Promise<void> {
  const { rotated, hasCode } = await session(async ({ client }) => {
    output.progress("Making a new master key and wrapping every secret by it.");
    const done = await client.keys.rotate();
    return { rotated: done, hasCode: (await client.keys.show()).recovery !== null };
  });
  output.answer(rotated, () => rotatedText(rotated, hasCode, output));
}

function rotatedText({ keyId, retiredKeyId, done, left }: RotatedKey, hasCode: boolean, output: Output): string {
  const code = hasCode
    ? "The recovery code stays the same and opens the new key."
    : "There is no recovery code: where the master key is lost, all secrets are lost.";
  const text = [
    `The master key is now ${keyId}; ${plural(done, "version")} ${done === 1 ? "was" : "were"} wrapped anew.`,
    `The key ${retiredKeyId} is retired, and kept under the new one for copies of the database that were made before.`,
    "A copy of the master key that is kept elsewhere holds the retired one: keep one of the new key too.",
    code,
    ...(left > 0
      ? [`${plural(left, "version")} could not be wrapped anew yet; the next start of the app tries again.`]
      : []),
  ];
  const next = hasCode ? "" : nextText("Make a recovery code: `paperclip-desktop secrets key recovery create`", output);
  return `${text.join("\n")}\n${next}`;
}
