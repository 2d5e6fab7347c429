import fc from "fast-check";
import { expect, test } from "vitest";
import { inForeignKeyOrder } from "../../../main/backup/table-order.ts";

const TABLES = ["a", "b", "c", "d", "e", "f"];
const references = fc.array(fc.record({ from: fc.constantFrom(...TABLES, "gone"), to: fc.constantFrom(...TABLES) }));

test("every table comes once, whatever refers to what", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(TABLES), references, (tables, keys) => {
      expect(inForeignKeyOrder(tables, keys).toSorted()).toEqual(tables.toSorted());
    }),
  );
});

test("without a circle, what is referred to comes first, and the order does not depend on that of the input", () => {
  fc.assert(
    fc.property(fc.shuffledSubarray(TABLES, { minLength: TABLES.length }), references, (tables, keys) => {
      const downwards = keys.filter(({ from, to }) => from > to);
      const order = inForeignKeyOrder(tables, downwards);
      for (const { from, to } of downwards.filter((key) => key.from !== "gone")) {
        expect(order.indexOf(to)).toBeLessThan(order.indexOf(from));
      }
      expect(order).toEqual(inForeignKeyOrder(TABLES, downwards));
    }),
  );
});

test("what waits behind a circle stays behind it", () => {
  const keys = [
    { from: "a", to: "d" },
    { from: "d", to: "c" },
    { from: "c", to: "d" },
    { from: "b", to: "b" },
  ];
  expect(inForeignKeyOrder(["a", "b", "c", "d"], keys)).toEqual(["b", "c", "d", "a"]);
});
