import { test } from "vitest";
import { mutationCampaign } from "../../fixtures/mutation-campaign.ts";

test("a backup that was changed in any way is refused, and nothing of it is left", () => mutationCampaign(30));
