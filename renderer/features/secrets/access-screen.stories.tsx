import type { Meta } from "@storybook/react-vite";
import type { AuditFinding, AuditResult, AuditStatus } from "../../../preload/contract/audit.ts";
import type { AccessEvent } from "../../../preload/contract/secrets.ts";
import { databaseDown, pending, refused, vaultLocked } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo, hoursAgo, minutesAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aRoutine } from "../../stories/records/routines.ts";
import { aSecret, aSecretDetail, anAccessEvent } from "../../stories/records/secrets.ts";
import { aStatusWithLockedVault, aStatusWithoutDatabase } from "../../stories/records/system.ts";
import { aProject, anAgent } from "../../stories/records/work.ts";
import { REFUSAL_CODES } from "./secret-words.ts";

export default { title: "Secrets/Access" } satisfies Meta;

const place = "/secrets/access";

const sealed: AuditStatus = { lastSequence: 80, sealedTo: 80, unsealed: 0, waiting: null, last: null };
const aVerification = { at: hoursAgo(26), checked: 61, sealedTo: 61, broken: false, findings: 0, first: null };

const aFinding = (sequence: number, different: Partial<AuditFinding> = {}): AuditFinding => ({
  kind: "changed",
  sequence,
  until: sequence,
  message: `Event #${sequence} is not what was sealed: a column, its number or its seal was changed.`,
  ...different,
});

const aResult = (findings: readonly AuditFinding[], more = 0): AuditResult => ({
  at: minutesAgo(0),
  checked: 80,
  broken: findings.length > 0,
  companies: [
    {
      companyId: idOf("company"),
      companyName: "Acme",
      checked: 80,
      sealedTo: (findings[0]?.sequence ?? 81) - 1,
      unsealed: 0,
      broken: findings.length > 0,
      findings: [...findings],
      more,
    },
  ],
  file: { state: "ok", message: null, next: null },
});

const list = (events: readonly AccessEvent[], status: Partial<AuditStatus> = {}): Answers => ({
  "secrets.events": { events: [...events], nextCursor: null },
  "audit.status": { ...sealed, ...status },
  "secrets.list": ({ status: wanted }) => ({
    secrets: [wanted === "deleted" ? aSecret({ key: "old-token", status: "deleted" }) : aSecret()],
    nextCursor: null,
  }),
  "secrets.get": aSecretDetail(),
  "agents.list": { agents: [anAgent()] },
  "projects.list": { projects: [aProject()] },
  "routines.list": { routines: [aRoutine()], nextCursor: null },
  "routines.get": refused("routine_missing", "There is no such routine."),
});

const everyKind = [
  anAccessEvent({ id: idOf("entry", 100), sequence: 100 }),
  ...REFUSAL_CODES.map((errorCode, index) => {
    const nameless = errorCode === "secret_missing" || errorCode === "secret_foreign";
    return anAccessEvent({
      id: idOf("entry", 99 - index),
      sequence: 99 - index,
      outcome: "failure",
      errorCode,
      ...(nameless ? { secretKey: null, secretName: null, version: null, provider: null } : {}),
      ...(index === 4 ? { consumerId: idOf("routine", 99), consumerName: null, runId: null } : {}),
      createdAt: minutesAgo(index * 190),
    });
  }),
  anAccessEvent({
    id: idOf("entry", 2),
    sequence: 2,
    secretKey: "a-key-whose-name-does-not-end-".repeat(4),
    consumerType: "project",
    consumerId: idOf("project"),
    consumerName: "سجل <b>bold</b> and a name that goes on",
    actor: { type: "user", id: null },
    actorName: null,
    createdAt: daysAgo(12),
  }),
];

const many = (status: Partial<AuditStatus> = {}): Answers => ({
  ...list([], { lastSequence: 1_000, sealedTo: 998, unsealed: 2, last: aVerification, ...status }),
  "secrets.events": ({ cursor, limit = 100 }) => {
    const newest = Math.min(1_000, Number(cursor ?? 1_001) - 1);
    const events = Array.from({ length: Math.min(limit, newest) }, (_, index) => eventNumber(newest - index));
    const last = events.at(-1)?.sequence ?? 1;
    return { events, nextCursor: last > 1 ? String(last) : null };
  },
});

function eventNumber(sequence: number): AccessEvent {
  const place = 1_000 - sequence;
  const errorCode = place % 7 === 0 ? (REFUSAL_CODES[(place / 7) % REFUSAL_CODES.length] ?? null) : null;
  return anAccessEvent({
    id: idOf("entry", sequence),
    sequence,
    outcome: errorCode === null ? "success" : "failure",
    errorCode,
    createdAt: minutesAgo(place * 17),
  });
}

const verify = async ({ screen, user }: StoryPage) =>
  user.click(await screen.findByRole("button", { name: "Verify record" }));

export const Empty = panelStory({ place, answers: list([], { lastSequence: 0, sealedTo: 0 }) });

export const One = panelStory({
  place,
  answers: list([anAccessEvent()], { lastSequence: 1, sealedTo: 0, unsealed: 1 }),
});

export const EveryRefusal = panelStory({
  place,
  answers: list(everyKind, { lastSequence: 100, sealedTo: 100, last: aVerification }),
});

export const Many = panelStory({ place, answers: many() });

export const Narrowed = panelStory({
  place: `${place}?secret=${idOf("secret")}&code=secret_inactive&consumerType=routine&consumer=${idOf("routine", 99)}&actor=${idOf("agent")}&version=4&period=week`,
  answers: list(everyKind.slice(5, 6)),
});

export const FilteredToNothing = panelStory({ place: `${place}?outcome=failure`, answers: list([]) });

export const Loading = panelStory({
  place,
  answers: { ...list([]), "secrets.events": pending, "audit.status": pending },
});

export const Failing = panelStory({
  place,
  answers: {
    ...list([]),
    "secrets.events": databaseDown,
    "audit.status": databaseDown,
    "system.status": aStatusWithoutDatabase(),
  },
});

export const Verifying = panelStory({
  place,
  answers: { ...many(), "audit.verify": [{ type: "progress", checked: 420, total: 1_000 }] },
  act: verify,
});

export const Verified = panelStory({
  place,
  answers: { ...many(), "audit.verify": [{ type: "result", result: aResult([]) }] },
  act: verify,
});

export const VerificationRefused = panelStory({
  place,
  answers: { ...many(), "audit.verify": vaultLocked },
  act: verify,
});

export const Tampered = panelStory({
  place,
  answers: { ...many(), "audit.verify": [{ type: "result", result: aResult([aFinding(96)]) }] },
  act: verify,
});

export const TamperedThroughout = panelStory({
  place,
  answers: {
    ...many(),
    "audit.verify": [
      {
        type: "result",
        result: aResult(
          [
            aFinding(12, { kind: "removed", until: 14, message: "Events #12 to #14 were removed." }),
            ...Array.from({ length: 99 }, (_, index) => aFinding(20 + index)),
          ],
          400,
        ),
      },
    ],
  },
  act: verify,
});

const brokenLast = { ...aVerification, broken: true, findings: 3, first: aFinding(995) };

/** The address names the event that a finding leads to. */
export const TamperedBefore = panelStory({
  place: `${place}?event=999`,
  answers: many({ last: { ...brokenLast, first: { kind: "changed", sequence: 999, until: 999 } } }),
});

export const Locked = panelStory({
  place,
  answers: {
    ...list(everyKind, {
      lastSequence: 100,
      sealedTo: 92,
      unsealed: 8,
      waiting: "The vault is locked.",
      last: aVerification,
    }),
    "system.status": aStatusWithLockedVault(),
  },
});
