import { z } from "zod";
import { provider } from "../../preload/contract/secrets.ts";
import { asFault, type ProviderReason } from "./providers/failure.ts";
import { providerOf } from "./providers/registry.ts";
import type { RemoteSession, RemoteVault } from "./providers/provider.ts";
import { whyInvalid } from "./words.ts";

/** What a provider answered for one reference: the value, or why there is none, classified. */
export type RemoteAnswer = { readonly value: string } | { readonly reason: ProviderReason };

/** Where a value is kept, as the statement that judges hands it out. */
const remoteMaterial = z.object({
  provider,
  secretKey: z.string(),
  managedMode: z.enum(["paperclip_managed", "external_reference"]),
  externalRef: z.string(),
  versionRef: z.string().nullable(),
  vaultId: z.string(),
  config: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
type RemoteMaterial = z.infer<typeof remoteMaterial>;

/**
 * Reads values at their providers: one connection per vault, all references at once, each call with the deadline of its
 * vault. The answers stand in the order of the materials, null where there is none. Never throws: what fails is classified.
 */
export async function readRemote(
  companyId: string,
  materials: readonly unknown[],
): Promise<readonly (RemoteAnswer | null)[]> {
  const answers: (RemoteAnswer | null)[] = materials.map(() => null);
  const byVault = new Map<string, { index: number; material: RemoteMaterial }[]>();
  for (const [index, given] of materials.entries()) {
    if (given === null || given === undefined) continue;
    const parsed = remoteMaterial.safeParse(given);
    if (parsed.success) {
      const { vaultId } = parsed.data;
      byVault.set(vaultId, [...(byVault.get(vaultId) ?? []), { index, material: parsed.data }]);
    } else answers[index] = { reason: "provider_error" };
  }
  await Promise.all(
    [...byVault.values()].map(async (group) => {
      const read = await readGroup(
        companyId,
        group.map(({ material }) => material),
      );
      for (const [at, { index }] of group.entries()) answers[index] = read[at] ?? { reason: "provider_error" };
    }),
  );
  return answers;
}

async function readGroup(companyId: string, materials: readonly RemoteMaterial[]): Promise<RemoteAnswer[]> {
  const failed = (error: unknown) => materials.map(() => ({ reason: asFault(error).reason }));
  const [first] = materials;
  const open = first && providerOf(first.provider).open;
  if (!first || !open) return failed(null);
  try {
    const vault = open(first.config);
    return await vault.session((session) =>
      Promise.all(materials.map((material) => readOne(companyId, vault, session, material))),
    );
  } catch (error) {
    return failed(error);
  }
}

async function readOne(
  companyId: string,
  vault: RemoteVault,
  session: RemoteSession,
  { managedMode, externalRef, secretKey, versionRef }: RemoteMaterial,
): Promise<RemoteAnswer> {
  if (managedMode === "paperclip_managed") {
    // A row that points elsewhere, or at no version, was changed by somebody else: nothing is read by it.
    if (externalRef !== vault.managedName({ companyId, secretKey })) return { reason: "invalid_request" };
  } else if (vault.whyNotLinked(externalRef) !== null) return { reason: "invalid_request" };
  try {
    const value = await session.read(externalRef, versionRef);
    // What cannot be delivered byte for byte or be masked in the log is given to no run.
    return whyInvalid(value) === null ? { value } : { reason: "invalid_request" };
  } catch (error) {
    return { reason: asFault(error).reason };
  }
}
