import { expect, it } from "vitest";
import { refusalText, variableOf } from "../../../../renderer/features/secrets/secret-words.ts";

it("puts refusals and config paths into words, and leaves what it does not know", () => {
  expect(refusalText("secret_inactive")).toBe("it was not active");
  expect(refusalText("something_new")).toBe("something_new");
  expect(variableOf("env.GH_TOKEN")).toBe("GH_TOKEN");
  expect(variableOf("config.url")).toBe("config.url");
});
