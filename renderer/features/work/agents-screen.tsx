import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Bot, Plus } from "lucide-react";
import { useMemo } from "react";
import type { AgentRecord } from "../../../preload/contract/work.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { Mark } from "../../ui/mark.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";
import { argvText } from "./argv.ts";
import type { Adapter } from "./agent-form.ts";

/** The agents of the company: what each starts, and whether it is on. */
export function AgentsScreen() {
  const company = useCompany();
  const queries = useQueries();
  const agents = useQuery(queries.agents.list.queryOptions({ input: { company: company.id } }));
  // Only their words are from there; without them the ids stand in the list.
  const adapters = useQuery(queries.agents.adapters.queryOptions());
  const columns = useMemo(() => columnsWith(adapters.data?.adapters ?? []), [adapters.data]);
  return (
    <Page
      title="Agents"
      body="list"
      actions={
        <Link to="/agents/new" className={buttonClass("primary")}>
          <Plus aria-hidden="true" />
          New agent
        </Link>
      }
    >
      <Answered
        query={agents}
        what="The agents cannot be shown"
        loading={<SkeletonRows rows={8} label="Loading agents" />}
      >
        {({ agents: rows }) =>
          rows.length === 0 ? (
            <NoAgents />
          ) : (
            <Table
              label="Agents"
              columns={columns}
              count={rows.length}
              row={(index) => rows[index]}
              rowId={({ id }) => id}
            />
          )
        }
      </Answered>
    </Page>
  );
}

function NoAgents() {
  return (
    <EmptyState
      icon={Bot}
      title="No agent yet"
      action={
        <Link to="/agents/new" className={buttonClass("primary")}>
          New agent
        </Link>
      }
    >
      An agent is a program of this machine, such as a coding assistant or a script, or a service that answers requests.
      Routines are given to it.
    </EmptyState>
  );
}

function columnsWith(adapters: readonly Adapter[]): readonly Column<AgentRecord>[] {
  const adapterOf = (agent: AgentRecord) => adapters.find(({ id }) => id === agent.adapter);
  return [
    {
      id: "name",
      title: "Name",
      width: "minmax(10rem, 2fr)",
      cell: ({ id, name }) => (
        <Link to="/agents/$agentId" params={{ agentId: id }} className="table-link" dir="auto" title={name}>
          {name}
        </Link>
      ),
    },
    { id: "state", title: "State", width: "5.5rem", cell: ({ status }) => <Mark state={status} /> },
    {
      id: "adapter",
      title: "Adapter",
      width: "minmax(6rem, 1fr)",
      rank: 1,
      cell: (agent) => adapterOf(agent)?.label ?? agent.adapter,
    },
    {
      id: "program",
      title: "Program or URL",
      width: "minmax(8rem, 3fr)",
      rank: 1,
      cell: (agent) => <Program agent={agent} adapter={adapterOf(agent)} />,
    },
    {
      id: "updated",
      title: "Updated",
      width: "6.5rem",
      rank: 2,
      align: "end",
      cell: ({ updatedAt }) => <Time instant={updatedAt} />,
    },
  ];
}

/** What an agent starts: its own command, the address of its service, or its adapter's with where that is. */
function Program({ agent, adapter }: { readonly agent: AgentRecord; readonly adapter: Adapter | undefined }) {
  const { command, url } = agent.adapterConfig;
  if (typeof url === "string") return <code dir="auto">{url.slice(0, 300)}</code>;
  if (Array.isArray(command)) return <code>{argvText(command.map(String)).slice(0, 300)}</code>;
  if (adapter === undefined || adapter.program === null) return <span className="quiet">–</span>;
  if (adapter.found !== null) return <code>{adapter.found}</code>;
  return (
    <Mark state="missing">
      <code>{adapter.program}</code> is not on PATH
    </Mark>
  );
}
