import fc from "fast-check";
import { expect, test } from "vitest";
import { proofHeaders, readProof } from "../../../../main/routines/webhooks/proof.ts";

const NOW = new Date("2026-03-08T07:00:00.000Z");
const modes = fc.constantFrom("bearer" as const, "hmac_sha256" as const, "github_hmac" as const);
const keys = fc.stringMatching(/^[0-9a-f]{48}$/);
const bodies = fc.uint8Array({ maxLength: 64 }).map((bytes) => Buffer.from(bytes));

test("what was proven with a key holds with it and with no other, for this body and around this time", () => {
  fc.assert(
    fc.property(
      modes,
      keys,
      keys,
      bodies,
      fc.integer({ min: -400_000, max: 400_000 }),
      (mode, key, other, body, skew) => {
        const headers = proofHeaders(mode, key, body, new Date(NOW.getTime() + skew));
        const read = (shown: Buffer) => readProof(mode, { headers, body: shown, now: NOW, replayWindowSeconds: 300 });
        const proof = read(body);
        const stale = mode === "hmac_sha256" && Math.abs(skew) > 300_000;
        expect(proof.kind === "refused" ? proof.code : null).toBe(stale ? "proof_stale" : null);
        if (proof.kind !== "presented") return;
        expect([proof.madeWith(key), proof.madeWith(other)]).toEqual([true, key === other]);
        const changed = read(Buffer.concat([body, Buffer.from(" ")]));
        expect(changed.kind === "presented" && changed.madeWith(key)).toBe(mode === "bearer");
      },
    ),
  );
});

test("any headers are read without a failure", () => {
  const names = ["authorization", "x-paperclip-timestamp", "x-paperclip-signature", "x-hub-signature-256"];
  const headers = fc.dictionary(
    fc.constantFrom(...names),
    fc.oneof(fc.string(), fc.constant("sha256="), fc.array(fc.string())),
  );
  fc.assert(
    fc.property(modes, headers, bodies, (mode, given, body) => {
      const read = { headers: given as { [name: string]: string }, body, now: NOW, replayWindowSeconds: 300 };
      const proof = readProof(mode, read);
      expect(proof.kind === "presented" && proof.madeWith("0".repeat(48))).toBe(false);
    }),
  );
});
