import type { Env } from "../../preload/contract/environment.ts";
import type { ErrorCode } from "../../preload/contract/errors.ts";
import type { RestorePreview, Snapshot } from "../../preload/contract/routines.ts";
import { Refusal } from "../contract/refusal.ts";
import type { Database, Executor } from "../database/database.ts";
import { plainSecrets } from "../environment/strict.ts";
import { findSecrets, type SecretSummary, syncBindings } from "../secrets/references.ts";
import { routineDiff } from "./diff.ts";
import { findRevision, lockRoutine } from "./lookup.ts";
import { type ChangeNote, requireLatest, saveRevision } from "./revision-log.ts";
import { namesOf, numbered } from "./revisions.ts";
import type { RoutineRow } from "./snapshot.ts";
import { requireStorable } from "./storable.ts";
import { startsByItself } from "./trigger-clock.ts";
import { placeTriggers } from "./trigger-snapshots.ts";
import { requireDefaults } from "./triggers.ts";

type Gone = RestorePreview["gone"][number] & { readonly secretKey: string | null };

/** What restoring a revision would change, which of its references are gone, and what else to know before. */
export async function previewRestore(
  executor: Executor,
  routine: RoutineRow,
  revisionNumber: number,
): Promise<RestorePreview> {
  const latest = numbered(await findRevision(executor, routine, routine.latestRevisionNumber));
  const revision = numbered(await findRevision(executor, routine, revisionNumber));
  const names = await namesOf(executor, routine.companyId, [latest.snapshot, revision.snapshot]);
  const references = await referencesOf(executor, routine.companyId, revision.snapshot.env);
  const { agentId, projectId } = revision.snapshot;
  const warnings = [
    ...(revisionNumber === routine.latestRevisionNumber
      ? ["This revision is the latest; there is nothing to restore."]
      : []),
    ...(agentId !== null && !names.agents.has(agentId) ? [`Its agent ${agentId} does not exist any more.`] : []),
    ...(projectId !== null && !names.projects.has(projectId)
      ? [`Its project ${projectId} does not exist any more.`]
      : []),
    ...(agentId === null && routine.status === "active" ? ["It has no agent: the routine will be paused."] : []),
    ...(routine.status === "active" ? [] : [`The routine is ${routine.status} and stays so.`]),
    ...comingBack(latest.snapshot, revision.snapshot),
    ...references.flatMap(({ key, secret, reason }) =>
      reason === null && secret && secret.status !== "active"
        ? [`${key}: the secret ${secret.key} is ${secret.status}; a run would be refused.`]
        : [],
    ),
    ...plainSecrets(revision.snapshot.env, { strict: true, before: latest.snapshot.env }).map(
      ({ key }) =>
        `${key}: a credential in a plain value comes back; \`secrets migrate-inline-env\` makes a secret of it.`,
    ),
  ];
  const gone = goneOf(references).map(({ key, secretId, reason }) => ({ key, secretId, reason }));
  return { revision: revisionNumber, diff: routineDiff(latest, revision, names), gone, warnings };
}

/** What to know of triggers that are not there any more. */
function comingBack(latest: Snapshot, restored: Snapshot): string[] {
  const back = restored.triggers.filter(({ id }) => !latest.triggers.some((trigger) => trigger.id === id));
  const unproven = back.some((trigger) => trigger.kind === "webhook" && trigger.signingMode !== "none");
  return [
    ...(back.length === 0
      ? []
      : [
          back.length === 1
            ? "1 trigger comes back, switched off."
            : `${back.length} triggers come back, switched off.`,
        ]),
    ...(unproven ? ["A webhook that comes back keeps its address and needs a new signing key."] : []),
  ];
}

/**
 * Restores a revision by appending a copy of it, all or nothing. The status stays; a routine that has no agent afterwards
 * is paused. Env keys listed in `leaveOut` are not restored. Strict mode does not stop it: what comes back is in the
 * history as it is, and the preview warns of it. Refuses `revision_current` for the latest one,
 * `agent_missing` and `project_missing`, and with the secret's own code every reference that is gone and not left out.
 */
export async function restoreRevision(
  database: Database,
  input: ChangeNote & {
    readonly companyId: string;
    readonly routineId: string;
    readonly revision: number;
    readonly leaveOut: readonly string[];
    readonly baseRevisionId: string | undefined;
  },
): Promise<void> {
  requireStorable(input.changeSummary, "changeSummary");
  await database.orm.transaction(async (tx) => {
    const routine = await lockRoutine(tx, input.companyId, input.routineId);
    await requireLatest(tx, routine, input.baseRevisionId);
    const revision = await findRevision(tx, routine, input.revision);
    if (revision.id === routine.latestRevisionId) {
      throw new Refusal("revision_current", `Revision ${input.revision} was not restored: it is the latest one.`, {
        next: `Choose an earlier one: \`paperclip-desktop routines revisions ${routine.id}\``,
        fields: { revision: "is the latest one" },
      });
    }
    const snapshot: Snapshot = {
      ...revision.snapshot,
      env: await envToRestore(tx, routine, revision.snapshot.env, input.revision, input.leaveOut),
    };
    await requireWork(tx, routine, snapshot, input.revision);
    await syncBindings(tx, { companyId: routine.companyId, type: "routine", id: routine.id }, snapshot.env);
    await placeTriggers(tx, routine, snapshot.triggers, {
      actor: input.actor,
      now: input.now,
      on: new Set(),
      why: "A revision was restored before it was due to run.",
    });
    if (await startsByItself(tx, routine.id)) requireDefaults(snapshot.variables);
    await saveRevision(tx, routine, snapshot, {
      actor: input.actor,
      now: input.now,
      changeSummary: input.changeSummary ?? defaultSummary(input.revision, input.leaveOut),
      restoredFrom: { id: revision.id, number: input.revision },
    });
  });
}

const defaultSummary = (revision: number, leftOut: readonly string[]): string =>
  `Restored from revision ${revision}${leftOut.length > 0 ? `, without ${leftOut.join(", ")}` : ""}`.slice(0, 500);

/** The env of the revision without what is left out; every reference in it can be bound. */
async function envToRestore(
  tx: Executor,
  routine: RoutineRow,
  env: Env,
  revision: number,
  leaveOut: readonly string[],
): Promise<Env> {
  const unknown = leaveOut.find((key) => !Object.hasOwn(env, key));
  if (unknown !== undefined) {
    throw new Refusal(
      "invalid_input",
      `Revision ${revision} was not restored: it has no env key ${unknown} to leave out.`,
      {
        fields: { leaveOut: `${unknown} is not an env key of the revision` },
      },
    );
  }
  const kept = Object.fromEntries(Object.entries(env).filter(([key]) => !leaveOut.includes(key)));
  const gone = goneOf(await referencesOf(tx, routine.companyId, kept));
  const [first] = gone;
  if (first) {
    throw new Refusal(first.reason, `Revision ${revision} was not restored: ${gone.map(sentence).join("; ")}.`, {
      next: `Restore it without: ${gone.map(({ key }) => `--leave-out ${key}`).join(" ")}`,
      fields: Object.fromEntries(gone.map((one) => [`env.${one.key}`, sentence(one)])),
      details: { layer: "routine", key: first.key, secretId: first.secretId, secretKey: first.secretKey },
    });
  }
  return kept;
}

function sentence({ key, reason, secretKey, secretId }: Gone): string {
  const why = {
    secret_missing: "does not exist any more",
    secret_deleted: "is deleted",
    secret_foreign: "belongs to another company",
  };
  return `${key} refers to the secret ${secretKey ?? secretId}, which ${why[reason]}`;
}

/** Refuses a revision whose agent or project is gone: a routine without them would not be that revision. */
async function requireWork(tx: Executor, routine: RoutineRow, snapshot: Snapshot, revision: number): Promise<void> {
  const names = await namesOf(tx, routine.companyId, [{ ...snapshot, env: {} }]);
  const refuse = (code: ErrorCode, what: string, id: string) =>
    new Refusal(code, `Revision ${revision} was not restored: its ${what} ${id} does not exist any more.`, {
      next: `Update the routine by hand, with another ${what}. What the revision held: \`paperclip-desktop routines diff ${routine.id} ${revision} ${routine.latestRevisionNumber}\``,
      fields: { [what]: "does not exist any more" },
    });
  const { agentId, projectId } = snapshot;
  if (agentId !== null && !names.agents.has(agentId)) throw refuse("agent_missing", "agent", agentId);
  if (projectId !== null && !names.projects.has(projectId)) throw refuse("project_missing", "project", projectId);
}

interface Reference {
  readonly key: string;
  readonly secretId: string;
  /** Null where it is missing or of another company. */
  readonly secret: SecretSummary | null;
  readonly reason: Gone["reason"] | null;
}

/** All secret references of an env, each with why it could not be bound, or null. */
async function referencesOf(executor: Executor, companyId: string, env: Env): Promise<Reference[]> {
  const references = Object.entries(env).flatMap(([key, binding]) =>
    binding.type === "secret_ref" ? [{ key, secretId: binding.secretId }] : [],
  );
  if (references.length === 0) return [];
  const found = await findSecrets(
    executor,
    companyId,
    references.map(({ secretId }) => ({ secretId })),
  );
  return references.map(({ key, secretId }, index) => {
    const secret = found[index] ?? null;
    if (!secret) return { key, secretId, secret, reason: "secret_missing" as const };
    if (secret.companyId !== companyId) return { key, secretId, secret: null, reason: "secret_foreign" as const };
    return { key, secretId, secret, reason: secret.status === "deleted" ? ("secret_deleted" as const) : null };
  });
}

const goneOf = (references: readonly Reference[]): Gone[] =>
  references.flatMap(({ key, secretId, secret, reason }) =>
    reason === null ? [] : [{ key, secretId, reason, secretKey: secret?.key ?? null }],
  );
