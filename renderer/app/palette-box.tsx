import { useQueryClient } from "@tanstack/react-query";
import { useNavigate } from "@tanstack/react-router";
import { useState } from "react";
import type { RoutineRecord } from "../../preload/contract/routines.ts";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import { useCompany } from "../data/company.tsx";
import type { Failure } from "../data/failure.ts";
import { useClient, useQueries } from "../data/panel-context.tsx";
import { chooseTheme } from "../data/theme.ts";
import { useAction } from "../data/use-action.ts";
import { RunDialog } from "../features/routines/run-dialog.tsx";
import { outcomeText, useStartRun } from "../features/routines/use-start-run.ts";
import { CreateSecretForm } from "../features/secrets/create-secret-form.tsx";
import { Dialog } from "../ui/dialog.tsx";
import { say } from "../ui/toast.tsx";
import type { Choice, FoundRecord } from "./palette-entries.ts";
import { PaletteSearch } from "./palette-search.tsx";

export interface PaletteBoxProps {
  readonly companies: readonly CompanyRecord[];
  onCompany(id: string): void;
  readonly recent: readonly FoundRecord[];
  onOpened(record: FoundRecord): void;
  onClose(): void;
}

/** The open palette, and what it asks before it does what was chosen. */
export function PaletteBox({ companies, onCompany, recent, onOpened, onClose }: PaletteBoxProps) {
  const company = useCompany();
  const client = useClient();
  const queries = useQueries();
  const cache = useQueryClient();
  const navigate = useNavigate();
  const starting = useStartRun();
  const [asking, setAsking] = useState<RoutineRecord | "secret" | null>(null);
  const find = useAction((routine: string) =>
    cache.fetchQuery(queries.routines.get.queryOptions({ input: { company: company.id, routine } })),
  );
  const openFolder = useAction(() => client.shell.openDataFolder());

  const start = async (routineId: string) => {
    const routine = await find.run(routineId);
    if (routine === null) return;
    // What has to be asked is asked where it can be answered, and so is what was refused.
    if (routine.variables.length > 0 || routine.agentId === null) return setAsking(routine);
    const run = await starting.action.run({ routine });
    if (run === null) return setAsking(routine);
    const outcome = outcomeText(run);
    if (outcome !== null) say(outcome);
    onClose();
    void navigate({ to: "/runs/$runId", params: { runId: run.coalescedIntoRunId ?? run.id } });
  };
  const open = (record: FoundRecord) => {
    onOpened(record);
    onClose();
    void goTo(navigate, record);
  };
  const choose = (deed: Choice) => {
    switch (deed.kind) {
      case "go":
        onClose();
        return void navigate({ to: deed.to });
      case "backups":
        onClose();
        return void navigate({ to: "/backups", search: { ask: deed.ask } });
      case "open":
        return open(deed.record);
      case "run":
        return void start(deed.routineId);
      case "create_secret":
        return setAsking("secret");
      case "open_folder":
        return void openFolder.run(undefined).then((opened) => opened && onClose());
      case "theme":
        chooseTheme(deed.theme);
        return onClose();
      case "company":
        onClose();
        return onCompany(deed.companyId);
    }
  };

  if (asking === "secret") {
    return (
      <Dialog title="Create a secret" isOpen onClose={onClose}>
        <CreateSecretForm onCreated={({ id, key }) => open({ kind: "secret", id, name: key })} onCancel={onClose} />
      </Dialog>
    );
  }
  if (asking !== null) return <RunDialog routine={asking} starting={starting} onClose={onClose} />;
  return (
    <PaletteSearch
      companies={companies}
      recent={recent}
      refusal={
        refused("The run was not started", find.failure) ??
        refused("The data folder was not opened", openFolder.failure)
      }
      pending={find.pending || starting.action.pending}
      onChoose={choose}
      onClose={onClose}
    />
  );
}

function refused(what: string, failure: Failure | null) {
  return failure === null ? null : { what, failure };
}

function goTo(navigate: ReturnType<typeof useNavigate>, { kind, id }: FoundRecord): Promise<void> {
  switch (kind) {
    case "routine":
      return navigate({ to: "/routines/$routineId", params: { routineId: id } });
    case "secret":
      return navigate({ to: "/secrets/$secretId", params: { secretId: id } });
    case "agent":
      return navigate({ to: "/agents/$agentId", params: { agentId: id } });
    case "project":
      return navigate({ to: "/projects/$projectId", params: { projectId: id } });
  }
}
