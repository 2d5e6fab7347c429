import { test } from "vitest";
import { mutationCampaign } from "../fixtures/mutation-campaign.ts";

test("a backup that was changed in any of 1,000 ways is refused, and nothing of it is left", () =>
  mutationCampaign(1_000));
