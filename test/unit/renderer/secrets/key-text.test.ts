import fc from "fast-check";
import { expect, it } from "vitest";
import { normaliseKey } from "../../../../main/secrets/words.ts";
import { storedKey } from "../../../../renderer/features/secrets/key-text.ts";

it("previews the key that the control plane stores", () => {
  expect(storedKey("GH Token!")).toBe("gh-token");
  expect(storedKey("  --a//b--  ")).toBe("a-b");
  expect(storedKey("ключ")).toBe("");
  fc.assert(
    fc.property(fc.string({ unit: "grapheme", maxLength: 300 }), (text) => storedKey(text) === normaliseKey(text)),
  );
  fc.assert(fc.property(fc.stringMatching(/^[ -~]{0,300}$/), (text) => storedKey(text) === normaliseKey(text)));
});
