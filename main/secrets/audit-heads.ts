import path from "node:path";
import { z } from "zod";
import { Refusal } from "../contract/refusal.ts";
import { makePrivateDirectory, readIfThere, writePrivateFile } from "../instance/permissions.ts";
import type { KnownHead } from "./audit-chain.ts";

const knownHead = z
  .strictObject({
    sequence: z.int().min(0),
    seal: z
      .string()
      .regex(/^[0-9a-f]{64}$/)
      .nullable(),
  })
  .refine(({ sequence, seal }) => (sequence === 0) === (seal === null));
/** Heads by chain (of one audit key, and so of one database) and company. */
const content = z.strictObject({
  version: z.literal(1),
  chains: z.record(z.string(), z.record(z.uuid(), knownHead)),
});
type Content = z.infer<typeof content>;

export type HeadsReading =
  | {
      readonly state: "ok" | "missing";
      knownTo(chainId: string, companyId: string): KnownHead | null;
      companies(chainId: string): string[];
    }
  | { readonly state: "damaged"; readonly message: string; readonly next: string };

/**
 * How far the chains of access events reach, kept in a file of the instance: whoever writes one table of the database can
 * write the other, and a database can be put back to an earlier state as a whole. Only the owner of the instance writes it.
 */
export interface AuditHeads {
  readonly file: string;
  read(): Promise<HeadsReading>;
  /**
   * Records that chains were seen to reach further; what is not further is left as it stands. Refuses with `disk_full` or
   * `instance_permissions`, and with `instance_invalid` where the file is damaged.
   */
  advance(chainId: string, heads: ReadonlyMap<string, KnownHead>): Promise<void>;
  /**
   * Takes what a restored database says for what this instance has seen, whatever it had seen before. For a restore that the
   * operator asked for, and nothing else: it is what makes a database that was put back look untouched.
   */
  replace(chainId: string, heads: ReadonlyMap<string, KnownHead>): Promise<void>;
}

export function auditHeads(secretsDirectory: string): AuditHeads {
  const file = path.join(secretsDirectory, "audit-heads.json");
  // One change at a time: each reads what the one before has written.
  let turn: Promise<unknown> = Promise.resolve();
  function change(edit: (chains: Content["chains"]) => boolean): Promise<void> {
    const changed = turn.then(async () => {
      const reading = await readContent(file);
      if (reading.state === "damaged") throw damagedRefusal(reading);
      if (!edit(reading.content.chains)) return;
      await makePrivateDirectory(secretsDirectory);
      await writePrivateFile(file, `${JSON.stringify(reading.content, null, 2)}\n`);
    });
    turn = changed.catch(() => undefined);
    return changed;
  }
  return {
    file,
    read: async () => {
      const reading = await readContent(file);
      if (reading.state === "damaged") return reading;
      const { chains } = reading.content;
      return {
        state: reading.state,
        knownTo: (chainId, companyId) => chains[chainId]?.[companyId] ?? null,
        companies: (chainId) => Object.keys(chains[chainId] ?? {}),
      };
    },
    advance: (chainId, heads) =>
      change((chains) => {
        const chain = (chains[chainId] ??= {});
        const further = [...heads].filter(([companyId, { sequence }]) => sequence > (chain[companyId]?.sequence ?? -1));
        for (const [companyId, head] of further) chain[companyId] = head;
        return further.length > 0;
      }),
    replace: (chainId, heads) =>
      change((chains) => {
        chains[chainId] = Object.fromEntries(heads);
        return true;
      }),
  };
}

type Read =
  | { readonly state: "ok" | "missing"; readonly content: Content }
  | { readonly state: "damaged"; readonly message: string; readonly next: string };

async function readContent(file: string): Promise<Read> {
  const text = await readIfThere(file);
  if (text === null) return { state: "missing", content: { version: 1, chains: {} } };
  const parsed = content.safeParse(parseJson(text));
  if (parsed.success) return { state: "ok", content: parsed.data };
  return {
    state: "damaged",
    message: `The file ${file} is damaged: it does not say how far the access events were sealed.`,
    next: "Put it back from a copy. Without one remove it: the next verification that finds nothing writes it anew, and cannot tell whether the database was put back to an earlier state before.",
  };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function damagedRefusal({ message, next }: { message: string; next: string }): Refusal {
  return new Refusal("instance_invalid", message, { next });
}
