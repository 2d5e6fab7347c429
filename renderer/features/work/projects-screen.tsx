import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Folder, Plus } from "lucide-react";
import type { ProjectRecord } from "../../../preload/contract/work.ts";
import { Answered } from "../../data/answered.tsx";
import { useCompany } from "../../data/company.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { Page } from "../../ui/page.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { Table } from "../../ui/table.tsx";
import type { Column } from "../../ui/table.tsx";
import { Time } from "../../ui/time.tsx";

/** The projects of the company. */
export function ProjectsScreen() {
  const company = useCompany();
  const projects = useQuery(useQueries().projects.list.queryOptions({ input: { company: company.id } }));
  return (
    <Page
      title="Projects"
      body="list"
      actions={
        <Link to="/projects/new" className={buttonClass("primary")}>
          <Plus aria-hidden="true" />
          New project
        </Link>
      }
    >
      <Answered
        query={projects}
        what="The projects cannot be shown"
        loading={<SkeletonRows rows={8} label="Loading projects" />}
      >
        {({ projects: rows }) =>
          rows.length === 0 ? (
            <NoProjects />
          ) : (
            <Table
              label="Projects"
              columns={COLUMNS}
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

function NoProjects() {
  return (
    <EmptyState
      icon={Folder}
      title="No project yet"
      action={
        <Link to="/projects/new" className={buttonClass("primary")}>
          New project
        </Link>
      }
    >
      A project is what several routines have in common: a name to find them by, and an environment of their own.
    </EmptyState>
  );
}

const COLUMNS: readonly Column<ProjectRecord>[] = [
  {
    id: "name",
    title: "Name",
    width: "minmax(10rem, 2fr)",
    cell: ({ id, name }) => (
      <Link to="/projects/$projectId" params={{ projectId: id }} className="table-link" dir="auto" title={name}>
        {name}
      </Link>
    ),
  },
  {
    id: "description",
    title: "Description",
    width: "minmax(8rem, 4fr)",
    rank: 1,
    cell: ({ description }) =>
      description === null ? (
        <span className="quiet">–</span>
      ) : (
        <span className="quiet" dir="auto">
          {description.slice(0, 300)}
        </span>
      ),
  },
  {
    id: "env",
    title: "Keys",
    width: "4rem",
    rank: 2,
    align: "end",
    cell: ({ env }) => <span className="tabular">{Object.keys(env).length}</span>,
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
