import { implementer } from "../contract/implementer.ts";
import { OPERATOR } from "../record/activity.ts";
import { runRecordOf } from "../runs/records.ts";
import { findCompany, findProject } from "../work/lookup.ts";
import { routinesNeedingAttention } from "./attention.ts";
import { blastOf } from "./blast.ts";
import { changeStatus, createRoutine, type StatusChange, updateRoutine } from "./definition.ts";
import { dispatch, type DispatchServices } from "./dispatch.ts";
import { listRoutines } from "./listing.ts";
import { findRoutine } from "./lookup.ts";
import { type PreviewServices, previewRun } from "./preview.ts";
import { routineRecordOf } from "./records.ts";
import { previewRestore, restoreRevision } from "./restore.ts";
import { diffRevisions, listRevisions } from "./revisions.ts";
import type { RoutineRow } from "./snapshot.ts";
import { findCallable } from "./triggers.ts";

export type RoutineServices = DispatchServices &
  PreviewServices & {
    /** Whether an env is refused that holds a credential in clear; asked at each save. */
    strictMode(): boolean;
  };

/** The calls of the contract's area `routines`. */
export function routineProcedures(services: RoutineServices) {
  const area = implementer.routines;
  const { database, clock, strictMode } = services;
  const { orm } = database;

  const companyOf = async (company: string | undefined): Promise<string> => (await findCompany(orm, company)).id;
  const meant = async (input: { company?: string | undefined; routine: string }): Promise<RoutineRow> =>
    findRoutine(orm, await companyOf(input.company), input.routine);
  const note = (changeSummary: string | undefined) => ({
    actor: OPERATOR,
    now: clock.now(),
    changeSummary: changeSummary ?? null,
  });
  const withStatus = async (input: { company?: string | undefined; routine: string }, change: StatusChange) => {
    const { id: routineId, companyId } = await meant(input);
    const now = clock.now();
    const endedRetries = await changeStatus(database, { companyId, routineId, change, actor: OPERATOR, now });
    return { ...(await routineRecordOf(orm, companyId, routineId)), endedRetries };
  };

  return {
    list: area.list.handler(async ({ input }) => {
      const companyId = await companyOf(input.company);
      const project = input.project ? await findProject(orm, companyId, input.project) : null;
      return listRoutines(orm, { ...input, companyId, projectId: project?.id });
    }),
    attention: area.attention.handler(async ({ input }) =>
      routinesNeedingAttention(services, await companyOf(input.company)),
    ),
    blast: area.blast.handler(async ({ input }) =>
      blastOf(orm, { ...input, companyId: await companyOf(input.company), now: clock.now() }),
    ),
    get: area.get.handler(async ({ input }) => {
      const { id, companyId } = await meant(input);
      return routineRecordOf(orm, companyId, id);
    }),
    create: area.create.handler(async ({ input }) => {
      const companyId = await companyOf(input.company);
      const { routine } = input;
      const id = await createRoutine(database, {
        ...note(input.changeSummary),
        companyId,
        routine,
        strict: strictMode(),
      });
      return routineRecordOf(orm, companyId, id);
    }),
    update: area.update.handler(async ({ input }) => {
      const { id: routineId, companyId } = await meant(input);
      const { changes, baseRevisionId } = input;
      const change = { companyId, routineId, changes, baseRevisionId, strict: strictMode() };
      await updateRoutine(database, { ...note(input.changeSummary), ...change });
      return routineRecordOf(orm, companyId, routineId);
    }),
    pause: area.pause.handler(({ input }) => withStatus(input, "pause")),
    resume: area.resume.handler(({ input }) => withStatus(input, "resume")),
    archive: area.archive.handler(({ input }) => withStatus(input, "archive")),
    preview: area.preview.handler(async ({ input }) => {
      const { agent, project, variables } = input;
      return previewRun(services, await meant(input), { agent, project, variables: variables ?? {} });
    }),
    run: area.run.handler(async ({ input }) => {
      const { id: routineId, companyId } = await meant(input);
      const trigger = input.trigger === undefined ? null : await findCallable(orm, routineId, input.trigger);
      const runId = await dispatch(services, {
        companyId,
        routineId,
        source: trigger === null ? (input.source ?? "manual") : "api",
        ...(trigger === null ? {} : { triggerId: trigger.id }),
        agent: input.agent,
        project: input.project,
        variables: input.variables ?? {},
        payload: input.payload ?? null,
        idempotencyKey: input.idempotencyKey ?? null,
      });
      return runRecordOf(orm, companyId, runId);
    }),
    revisions: area.revisions.handler(async ({ input }) => listRevisions(orm, await meant(input), input)),
    diff: area.diff.handler(async ({ input }) => diffRevisions(orm, await meant(input), input.from, input.to)),
    restorePreview: area.restorePreview.handler(async ({ input }) =>
      previewRestore(orm, await meant(input), input.revision),
    ),
    restore: area.restore.handler(async ({ input }) => {
      const { id: routineId, companyId } = await meant(input);
      await restoreRevision(database, {
        ...note(input.changeSummary),
        companyId,
        routineId,
        revision: input.revision,
        leaveOut: input.leaveOut ?? [],
        baseRevisionId: input.baseRevisionId,
      });
      return routineRecordOf(orm, companyId, routineId);
    }),
  };
}
