import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { agreementsOf, selfAgreement } from "../../../main/record/form-agreement.ts";

const letters = fc.string({ unit: fc.constantFrom("a", "b"), maxLength: 200 });
/** Repeats itself, so that it may begin at many places. */
const repeated = fc
  .tuple(letters, fc.integer({ min: 1, max: 30 }))
  .map(([unit, count]) => Buffer.from(unit.repeat(count)));

function agreement(form: Buffer, data: Buffer, position: number): number {
  let length = 0;
  while (length < form.length && position + length < data.length && form[length] === data[position + length])
    length += 1;
  return length;
}

describe("how far a form agrees", () => {
  test("with itself is what comparing it at each offset says", () => {
    fc.assert(
      fc.property(repeated, (form) => {
        expect([...selfAgreement(form)]).toEqual([...form.keys()].map((offset) => agreement(form, form, offset)));
      }),
      { numRuns: 50 },
    );
  });

  test("with a stream is what comparing it at each byte says, also while more comes in", () => {
    fc.assert(
      fc.property(repeated, repeated, fc.nat(100), (form, rest, step) => {
        const data = Buffer.concat([form, rest, form]);
        const agreements = agreementsOf({ repeats: new Map() });
        const seen = data.length >> 1;
        for (let position = 0; position < data.length; position += 1 + (step % 7)) {
          // Asked twice at each place, as for a form that is undecided until more is known.
          for (const until of [Math.max(seen, position), data.length]) {
            const part = data.subarray(position, until);
            expect(agreements.of(form, part, position, 0)).toBe(agreement(form, part, 0));
          }
        }
      }),
      { numRuns: 50 },
    );
  });
});
