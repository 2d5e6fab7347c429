import { expect, it } from "vitest";
import { refusalText, rotationEffect, variableOf } from "../../../../renderer/features/secrets/secret-words.ts";
import type { Use } from "../../../../renderer/features/secrets/secret-words.ts";

const use = (selector: Use["selector"]): Use => ({
  targetType: "routine",
  targetId: "00000000-0000-4000-8000-000000000001",
  targetName: "Nightly triage",
  configPath: "env.GH_TOKEN",
  selector,
});

it("says who gets a new version and who stays", () => {
  expect(rotationEffect([], 2)).toBe("The new value becomes version 2. Nothing uses this secret yet.");
  expect(rotationEffect([use("latest")], 5)).toBe(
    "1 use follows the latest version and gets version 5 from the next run on.",
  );
  expect(rotationEffect([use("latest"), use("latest"), use(1)], 5)).toBe(
    "2 uses follow the latest version and get version 5 from the next run on. 1 use is pinned to a version and stays there.",
  );
  expect(rotationEffect([use(1), use(2)], 3)).toBe(
    "The new value becomes version 3. Nothing follows the latest version. 2 uses are pinned to a version and stay there.",
  );
});

it("puts refusals and config paths into words, and leaves what it does not know", () => {
  expect(refusalText("secret_inactive")).toBe("it was not active");
  expect(refusalText("something_new")).toBe("something_new");
  expect(variableOf("env.GH_TOKEN")).toBe("GH_TOKEN");
  expect(variableOf("config.url")).toBe("config.url");
});
