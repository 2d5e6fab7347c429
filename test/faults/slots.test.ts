import { expect, test } from "vitest";
import { slotCampaign } from "../fixtures/slot-campaign.ts";

test("240 kills between slot, run and start: no slot is lost or doubled, and nothing is started twice", async () => {
  const { kills, steps } = await slotCampaign(240);
  process.stdout.write(`${kills} kills at ${steps} steps\n`);
  expect(steps).toBeGreaterThan(kills);
}, 3_600_000);
