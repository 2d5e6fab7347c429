import type { Command } from "commander";
import type { CreatedRecovery } from "../../../../preload/contract/vault-keys.ts";
import { asRefusal, Refusal } from "../../../contract/refusal.ts";
import { bothTimes } from "../format.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import type { Output } from "../output.ts";
import { reserveFile } from "../reserved-file.ts";
import { readCode } from "../values.ts";
import type { CodeOptions } from "../values.ts";
import { nextText } from "../vault-text.ts";

/** The code that brings the master key back where its file or keychain is gone. */
export function addRecovery(key: Command, act: Act): void {
  const recovery = key.command("recovery").description("the code that opens the vault where the master key is gone");
  withExample(
    recovery
      .command("create")
      .option("--out <file>", "write the code to this new file, mode 0600, instead of showing it")
      .description("make a recovery code and show it, once; one that was there no longer opens this vault")
      .action(act<{ out?: string }>(create)),
    "secrets key recovery create",
    "secrets key recovery create --out /media/stick/recovery-code.txt",
  );

  withExample(
    withCode(recovery.command("test"))
      .description("prove that a recovery code opens the master key in use; changes nothing else")
      .action(
        act<CodeOptions>(async ({ session, output, host }, options) => {
          const code = await readCode(options, host);
          const tested = await session(({ client }) => client.keys.testRecovery({ code }));
          output.answer(tested, () => {
            const made = bothTimes(tested.createdAt, host.clock.now());
            return `The recovery code is the right one: it opens the master key ${tested.keyId}. It was made ${made}.\n`;
          });
        }),
      ),
    "secrets key recovery test",
    "secrets key recovery test --code-file /media/stick/recovery-code.txt",
  );

  withExample(
    withCode(recovery.command("open"))
      .description("open a locked vault with the recovery code, and put its master key back in place")
      .action(
        act<CodeOptions>(async ({ session, output, host }, options) => {
          const code = await readCode(options, host);
          const opened = await session(({ client }) => client.keys.openWithRecovery({ code }));
          output.answer(opened, () => {
            const aside = opened.keptAside === null ? "" : `What stood there is kept as ${opened.keptAside}.\n`;
            return `The vault is open: the master key ${opened.keyId} is back in its place.\n${aside}`;
          });
        }),
      ),
    "secrets key recovery open",
    "secrets key recovery open --code-file /media/stick/recovery-code.txt",
  );
}

function withCode(command: Command): Command {
  return command
    .option("--code-stdin", "read the code from standard input; a terminal asks for it, also without this option")
    .option("--code-file <file>", "read the code from a file, such as one that `create --out` wrote")
    .option("--code-env <name>", "take the code from this variable of the environment");
}

/** The file is there before the code is made: making one ends the one before. */
async function create({ session, output, host }: Invocation, { out }: { out?: string }): Promise<void> {
  const make = () => session(({ client }) => client.keys.createRecovery());
  if (out === undefined) {
    const created = await make();
    output.answer(created, () => `${codeText(created)}${adviceText(created, output, host.clock.now())}`);
    return;
  }
  const file = await reserveFile(out);
  const created = await make().catch(async (error: unknown) => {
    await file.discard();
    throw error;
  });
  const { code: _, ...rest } = created;
  await file.fill(fileText(created)).catch((error: unknown) => {
    const refusal = asRefusal(error);
    if (refusal === null) throw error;
    const next =
      "That code is lost, and one of before no longer counts. Make another: `paperclip-desktop secrets key recovery create`";
    throw new Refusal(refusal.code, refusal.message, { ...refusal.data, next }, error);
  });
  output.answer({ ...rest, file: out }, () => {
    const written = `The recovery code is in ${out} (mode 0600), and nowhere else.\n`;
    return `${written}${adviceText(rest, output, host.clock.now())}`;
  });
}

/** A file that the stock `age` takes as an identity too. */
function fileText({ code, keyId, createdAt, recipient }: CreatedRecovery): string {
  const what = `Recovery code of Paperclip Desktop for the master key ${keyId}`;
  return `# ${what}\n# created: ${createdAt}\n# public key: ${recipient}\n${code}\n`;
}

function codeText({ code }: CreatedRecovery): string {
  return `The recovery code, shown this once:\n\n  ${code}\n\n`;
}

function adviceText({ replaced }: Pick<CreatedRecovery, "replaced">, output: Output, now: Date): string {
  const lines = [
    "It opens the vault when the master key is gone. Write it down or print it, and keep it apart from this machine and",
    "from copies of its database: whoever has the code and such a copy can read every secret in it.",
  ];
  if (replaced !== null) {
    lines.push(
      `The code that was made ${bothTimes(replaced, now) ?? ""} no longer opens this vault. Copies of the`,
      "database from before still need it: keep it as long as you keep them.",
    );
  }
  const next = "Prove that what was written down works: `paperclip-desktop secrets key recovery test`";
  return `${lines.join("\n")}\n${nextText(next, output)}`;
}
