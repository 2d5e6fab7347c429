import { expect, test } from "vitest";
import { killCampaign } from "../fixtures/kill-campaign.ts";

test("20 kills of the owner, of PostgreSQL and of both, during writes: ready again, nothing lost, nothing left", async () => {
  const starts = await killCampaign(20, ["owner", "postgres", "both"]);
  expect(starts.length).toBeGreaterThan(0);
  const seconds = starts.map((ms) => (ms / 1000).toFixed(2));
  process.stdout.write(`seconds from a kill of the owner to the next one being ready: ${seconds.join(" ")}\n`);
});
