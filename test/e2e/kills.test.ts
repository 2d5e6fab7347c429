import { expect, test } from "vitest";
import { killCampaign } from "../fixtures/kill-campaign.ts";

// The short form of test/faults/kills.test.ts.
test("a kill of PostgreSQL and one of owner and PostgreSQL together lose nothing and leave nothing", async () => {
  const starts = await killCampaign(2, ["postgres", "both"]);
  expect(starts).toHaveLength(1);
});
