import type { Meta } from "@storybook/react-vite";
import { databaseDown, pageOf, pending } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { hoursAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aSecret } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatusWithLockedVault, aStatusWithoutDatabase } from "../../stories/records/system.ts";
import { aLockedVaultKeys, aVaultHealth, aVaultKeys } from "../../stories/records/vault.ts";

export default { title: "Secrets/List" } satisfies Meta;

const place = "/secrets";

const list = (...secrets: readonly ReturnType<typeof aSecret>[]): Answers => ({
  "secrets.list": { secrets: [...secrets], nextCursor: null },
});

const lockedHealth = aVaultHealth({
  state: "locked",
  keyId: null,
  level: "error",
  whoCanRead: "Nobody: there is no usable key.",
  findings: [
    {
      level: "error",
      message: "The master key 9f2ab31c is missing: there is no file /home/ann/.paperclip/secrets/master.key.",
      next: "Put the key file back from a copy, or give the key in PAPERCLIP_SECRETS_MASTER_KEY. No other key is made in its place.",
    },
  ],
});

export const Empty = panelStory({ place, answers: list() });

/** None is active, and some are disabled. */
export const NoneActive = panelStory({
  place,
  answers: {
    "secrets.list": ({ status }) => ({
      secrets: status === "disabled" ? [aSecret({ status: "disabled" })] : [],
      nextCursor: null,
    }),
  },
});

export const One = panelStory({ place, answers: list(aSecret({ name: "gh-token" })) });

export const EveryState = panelStory({
  place: "/secrets?status=all",
  answers: list(
    aSecret({ id: idOf("secret", 1), references: 1_204 }),
    aSecret({ id: idOf("secret", 2), key: "npm-publish", name: "npm-publish", lastRotatedAt: null, latestVersion: 1 }),
    aSecret({ id: idOf("secret", 3), key: "stripe-key", name: "سر <b>Stripe</b>", status: "disabled" }),
    aSecret({
      id: idOf("secret", 4),
      key: "a-key-whose-name-does-not-end-".repeat(4),
      name: "A name that is long enough to be cut in a list ".repeat(2),
      lastResolvedAt: null,
      lastRotatedAt: null,
    }),
  ),
});

export const Archived = panelStory({
  place: "/secrets?status=archived",
  answers: list(aSecret({ status: "archived", lastResolvedAt: hoursAgo(900) })),
});

export const Many = panelStory({
  place,
  answers: {
    "secrets.list": (input) => {
      const { rows, nextCursor } = pageOf(input, 1_000, (index) =>
        aSecret({ id: idOf("secret", index), key: `token-${String(index).padStart(4, "0")}`, name: `Token ${index}` }),
      );
      return { secrets: rows, nextCursor };
    },
  },
});

export const NothingMatches = panelStory({ place: "/secrets?text=nothing-like-it", answers: list() });

export const Loading = panelStory({ place, answers: { "secrets.list": pending } });

export const Failing = panelStory({
  place,
  answers: { "secrets.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});

export const Locked = panelStory({
  place,
  answers: {
    ...list(aSecret()),
    "system.status": aStatusWithLockedVault(),
    "secrets.health": lockedHealth,
    "keys.show": aLockedVaultKeys(),
  },
});

export const LockedWithoutRecovery = panelStory({
  place,
  answers: {
    ...list(aSecret()),
    "system.status": aStatusWithLockedVault(),
    "secrets.health": lockedHealth,
    "keys.show": aLockedVaultKeys({ recovery: null }),
  },
});

/** The secrets stay in sight beside a quiet word. */
export const WithoutRecovery = panelStory({
  place,
  answers: { ...list(aSecret()), "keys.show": aVaultKeys({ recovery: null }) },
});

export const LockedAndEmpty = panelStory({
  place,
  answers: {
    ...list(),
    "system.status": aStatusWithLockedVault(),
    "secrets.health": lockedHealth,
    "keys.show": aLockedVaultKeys(),
  },
});

export const ReadOnly = panelStory({ place, answers: { ...list(aSecret()), "system.status": aReadOnlyStatus() } });

export const ConnectionLost = panelStory({
  place,
  answers: list(aSecret()),
  connectionThen: { kind: "lost", attempt: 4 },
});
