import type { Command } from "commander";
import { z } from "zod";
import { asRefusal, Refusal } from "../../contract/refusal.ts";
import { UsageError } from "./errors.ts";
import type { Invocation } from "./invocation.ts";
import { reserveFile } from "./reserved-file.ts";

export interface KeyOptions {
  keyOut?: string;
}

export function withKeyFile(command: Command): Command {
  return command.option("--key-out <file>", "write the signing key to this new file, mode 0600, instead of showing it");
}

/** Of an answer that hands a signing key over, what matters for that. */
export const withKey = z.looseObject({ signingKey: z.string().nullable() });

interface WithKey {
  readonly signingKey: string | null;
}

/** Whether a call of that procedure makes a signing key and answers with it. */
export function makesSigningKey(procedure: string, input: unknown): boolean {
  if (procedure === "webhooks.rotate") return true;
  return procedure === "triggers.create" && signedWebhook.safeParse(input).success;
}

const signedWebhook = z.looseObject({
  trigger: z.looseObject({ kind: z.literal("webhook"), signingMode: z.unknown().refine((mode) => mode !== "none") }),
});

/**
 * Does what makes a signing key, and hands the key to a new file or to a terminal, nowhere else: what it is written to otherwise
 * is often kept. The file is there before the key is made. The answer holds the key only where a terminal shows it.
 */
export async function handingOver<Made extends WithKey>(
  { host }: Invocation,
  keyOut: string | undefined,
  make: () => Promise<Made>,
): Promise<Made | (Omit<Made, "signingKey"> & { readonly signingKey: null })> {
  if (keyOut === undefined) {
    if (host.stdout.isTTY === true) return make();
    throw new UsageError(
      "The signing key is shown on a terminal only.",
      "Name a new file for it: --key-out FILE; or take a terminal.",
    );
  }
  const file = await reserveFile(keyOut);
  const made = await make().catch(async (error: unknown) => {
    await file.discard();
    throw error;
  });
  if (made.signingKey === null) {
    await file.discard();
    return made;
  }
  await file.fill(`${made.signingKey}\n`).catch((error: unknown) => {
    const refusal = asRefusal(error);
    if (refusal === null) throw error;
    const next =
      "That key is lost. Make another: `paperclip-desktop triggers rotate TRIGGER --routine NAME --key-out FILE`";
    throw new Refusal(refusal.code, refusal.message, { ...refusal.data, next }, error);
  });
  return { ...made, signingKey: null };
}

/** Where the key is now, or the key itself where it is shown. */
export function keyText(signingKey: string | null, keyOut: string | undefined): string {
  if (signingKey === null) return `The signing key is in ${keyOut} (mode 0600). It is not shown again.\n`;
  return `The signing key, shown this once:\n\n  ${signingKey}\n\n`;
}
