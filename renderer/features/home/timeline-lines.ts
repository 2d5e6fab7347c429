import type { TimelineMark, TimelineRoutine } from "../../../preload/contract/runs.ts";
import type { DueRoutine } from "../../../preload/contract/scheduler.ts";

/** One line of the time line: what a routine did, and what it is to do. */
export interface TimelineLine {
  readonly routineId: string;
  readonly title: string;
  readonly marks: readonly TimelineMark[];
  /** The buckets in which it is due. */
  readonly ahead: readonly number[];
  readonly next: { readonly at: string; readonly zone: string } | null;
}

/** What ran, in its order, each with what comes; then what is due and has not run, the next one first. */
export function linesOf(ran: readonly TimelineRoutine[], due: readonly DueRoutine[]): readonly TimelineLine[] {
  const dueBy = new Map(due.map((routine) => [routine.routineId, routine]));
  const known = new Set(ran.map(({ routineId }) => routineId));
  const line = (title: string, routineId: string, marks: readonly TimelineMark[]): TimelineLine => {
    const next = dueBy.get(routineId);
    return {
      routineId,
      title,
      marks,
      ahead: next?.ahead ?? [],
      next: next === undefined ? null : { at: next.nextRunAt, zone: next.zone },
    };
  };
  return [
    ...ran.map(({ title, routineId, marks }) => line(title, routineId, marks)),
    ...due.filter(({ routineId }) => !known.has(routineId)).map(({ title, routineId }) => line(title, routineId, [])),
  ];
}
