import { useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { useClient, useQueries } from "../../data/panel-context.tsx";
import { useAction } from "../../data/use-action.ts";
import type { Action } from "../../data/use-action.ts";
import { changedFields } from "./draft.ts";
import { changesOf, draftOf, formChanges, formOf } from "./form.ts";
import type { RoutineForm } from "./form.ts";

export interface Saving {
  readonly base: RoutineRecord;
  readonly form: RoutineForm;
  readonly changeSummary: string;
}

/** The one form of a routine's page: every tab edits it, and it is saved as one revision. */
export interface RoutineEditing {
  readonly form: RoutineForm;
  /** The revision that the form was made from. */
  readonly base: RoutineRecord;
  /** Names of what differs from it; empty where there is nothing to save. */
  readonly changes: readonly string[];
  /** A later revision that came in while there is something to save. */
  readonly newer: RoutineRecord | null;
  readonly saving: Action<Saving, RoutineRecord>;
  edit(changes: Partial<RoutineForm>): void;
  discard(): void;
  /** Saves, and answers whether that worked. */
  save(changeSummary: string): Promise<boolean>;
  /** Goes on with another form on a later revision, and saves it where anything is left to be saved. */
  saveMerged(base: RoutineRecord, form: RoutineForm): Promise<boolean>;
}

/**
 * Follows the routine while nothing was typed. Something that was typed stays, whatever comes in: then `newer` says so. A
 * form that is changed back by hand, or says what a later revision says, has nothing to save.
 */
export function useRoutineForm(latest: RoutineRecord): RoutineEditing {
  const company = useCompany();
  const client = useClient();
  const queries = useQueries();
  const cache = useQueryClient();
  const [held, setHeld] = useState(() => ({ base: latest, form: formOf(latest) }));
  const input = { company: company.id, routine: latest.id };

  const saving = useAction(async ({ base, form, changeSummary }: Saving) => {
    const saved = await client.routines.update({
      ...input,
      changes: changesOf(base, form),
      baseRevisionId: base.latestRevisionId,
      ...(changeSummary.trim() === "" ? {} : { changeSummary: changeSummary.trim() }),
    });
    cache.setQueryData(queries.routines.get.queryKey({ input }), saved);
    return saved;
  });

  const later =
    latest.latestRevisionNumber > held.base.latestRevisionNumber ||
    (latest.latestRevisionId === held.base.latestRevisionId && changedFields(held.base, latest).length > 0);
  const nothingOwn =
    formChanges(held.base, held.form).length === 0 || changedFields(latest, draftOf(held.form)).length === 0;
  const follows = later && nothingOwn && !saving.pending;
  const { base: from, form } = follows ? { base: latest, form: formOf(latest) } : held;
  if (follows) setHeld({ base: from, form });
  // Status and last run change without a revision.
  const base = latest.latestRevisionId === from.latestRevisionId && !later ? latest : from;
  const changes = formChanges(base, form);

  const put = async (sent: Saving): Promise<boolean> => {
    const saved = await saving.run(sent);
    if (saved === null) {
      // Refused as out of date: what is newer must be there to be looked at.
      void cache.invalidateQueries({ queryKey: queries.routines.get.queryKey({ input }) });
      return false;
    }
    // What was typed while it was being saved is the next change.
    setHeld((now) => ({ base: saved, form: now.form === sent.form ? formOf(saved) : now.form }));
    return true;
  };
  return {
    form,
    base,
    changes,
    newer: later && !follows && !saving.pending && changes.length > 0 ? latest : null,
    saving,
    edit: (changed) => setHeld((now) => ({ ...now, form: { ...now.form, ...changed } })),
    discard: () => {
      saving.reset();
      setHeld({ base: latest, form: formOf(latest) });
    },
    save: (changeSummary) => put({ base, form, changeSummary }),
    saveMerged: async (onto, merged) => {
      setHeld({ base: onto, form: merged });
      if (formChanges(onto, merged).length === 0) return true;
      return await put({ base: onto, form: merged, changeSummary: "" });
    },
  };
}
