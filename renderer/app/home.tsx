import type { RunRecord } from "../../preload/contract/runs.ts";
import type { CompanyRecord } from "../../preload/contract/work.ts";
import type { Client } from "../transport.ts";
import { NextStep } from "../ui/next-step.tsx";
import { Notice } from "../ui/notice.tsx";
import { RunMark } from "../ui/run-mark.tsx";
import { Time } from "../ui/time.tsx";
import { useAnswer } from "./live.ts";

/** Rows per company; the whole history has a screen of its own. */
const RECENT = 10;

interface Recent {
  readonly company: CompanyRecord;
  readonly runs: readonly RunRecord[];
}

/** The last runs of each company, as they change. */
export function Home({ client }: { readonly client: Client }) {
  const { value, error, ask } = useAnswer(client, readRecent, ["runs", "companies", "routines"]);
  if (value === null) {
    return error === null ? <Skeleton /> : <Failed error={error} ask={ask} />;
  }
  return (
    <>
      {error === null ? null : <Failed error={error} ask={ask} />}
      {value.length === 0 ? <NoCompany /> : null}
      {value.map(({ company, runs }) => (
        <section key={company.id} aria-labelledby={`runs-${company.id}`}>
          <h2 id={`runs-${company.id}`}>{value.length === 1 ? "Last runs" : `Last runs of ${company.name}`}</h2>
          {runs.length === 0 ? <NoRun /> : <RunTable runs={runs} />}
        </section>
      ))}
    </>
  );
}

async function readRecent(client: Client, signal: AbortSignal): Promise<Recent[]> {
  const { companies } = await client.companies.list(undefined, { signal });
  return Promise.all(
    companies.map(async (company) => ({
      company,
      runs: (await client.runs.list({ company: company.id, limit: RECENT }, { signal })).runs,
    })),
  );
}

function RunTable({ runs }: { readonly runs: readonly RunRecord[] }) {
  return (
    <table className="runs">
      <thead>
        <tr>
          <th scope="col">Run</th>
          <th scope="col">State</th>
          <th scope="col">Why</th>
          <th scope="col" className="figure">
            When
          </th>
        </tr>
      </thead>
      <tbody>
        {runs.map((run) => (
          <tr key={run.id}>
            <th scope="row">
              {run.title} <span className="id">#{run.id.slice(0, 8)}</span>
            </th>
            <td>
              <RunMark status={run.status} />
            </td>
            <td className="why">
              {run.failure?.message}
              {run.failure?.next ? <NextStep text={run.failure.next} /> : null}
            </td>
            <td className="figure">
              <Time instant={run.triggeredAt} />
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Failed({ error, ask }: { readonly error: string; readonly ask: () => void }) {
  return (
    <Notice tone="bad" title="The runs could not be read" action={{ label: "Read again", act: ask }}>
      {error}
    </Notice>
  );
}

function NoCompany() {
  return (
    <Notice title="No company yet">
      A company holds agents, secrets and routines, and keeps them apart from any other. Create the first one:
      <code className="step">paperclip-desktop companies create --name Acme --prefix ACME</code>
    </Notice>
  );
}

function NoRun() {
  return (
    <Notice title="Nothing has run yet">
      What a routine did, and why it stopped, stands here. Start one:
      <code className="step">paperclip-desktop routines run &quot;My routine&quot;</code>
    </Notice>
  );
}

/** Rows of the size that they will have. */
function Skeleton() {
  return (
    <section aria-busy="true" aria-label="Last runs are being read">
      <h2>Last runs</h2>
      <div className="skeleton" />
      <div className="skeleton" />
      <div className="skeleton" />
    </section>
  );
}
