import { Link } from "@tanstack/react-router";
import { ListTree } from "lucide-react";
import type { ReactNode } from "react";
import type { ManifestEntry } from "../../../preload/contract/environment.ts";
import type { Attempt, RunDetail } from "../../../preload/contract/runs.ts";
import { Mark } from "../../ui/mark.tsx";
import { EmptyState } from "../../ui/notice.tsx";
import { LayerTags, SecretTag, Tag } from "../../ui/tag.tsx";
import { timesText } from "./leak-alarm.tsx";
import "./run-environment.css";

export interface RunEnvironmentProps {
  readonly run: RunDetail;
  readonly attempt: Attempt | undefined;
  readonly picker: ReactNode;
}

/** What an attempt was given: which keys, from where, and for secrets which version. Never a value. */
export function RunEnvironment({ run, attempt, picker }: RunEnvironmentProps) {
  const manifest = attempt?.manifest ?? run.manifest;
  if (manifest.length === 0) {
    return (
      <EmptyState icon={ListTree} title={attempt === undefined ? "The run was given nothing" : "No key was delivered"}>
        {attempt === undefined
          ? "The keys that a run is given are recorded when it starts, without their values."
          : "The attempt ended before its environment was put together."}
      </EmptyState>
    );
  }
  return (
    <div className="run-environment">
      <p className="quiet">
        What the process was given, without values. Order: agent, project, routine; the last one wins.
      </p>
      {picker}
      <div className="run-environment-scroll">
        <table className="run-environment-table">
          <thead>
            <tr>
              <th scope="col">Key</th>
              <th scope="col">From</th>
              <th scope="col">Layers</th>
              <th scope="col">Outcome</th>
            </tr>
          </thead>
          <tbody>
            {manifest.map((entry) => (
              <tr key={entry.key}>
                <th scope="row">
                  <code>{entry.key}</code>
                </th>
                <td>
                  <Source entry={entry} />
                </td>
                <td>
                  {entry.layer === "runtime" ? (
                    <Tag>runtime</Tag>
                  ) : (
                    <LayerTags winner={entry.layer} overrides={entry.overrides ?? []} />
                  )}
                </td>
                <td>
                  {entry.outcome === "success" ? (
                    <Mark state={entry.maskHits === undefined ? "success" : "warn"}>
                      {entry.maskHits === undefined ? "delivered" : `printed ${timesText(entry.maskHits)}`}
                    </Mark>
                  ) : (
                    <Mark state="failure">not delivered</Mark>
                  )}
                </td>
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </div>
  );
}

function Source({ entry }: { readonly entry: ManifestEntry }) {
  if (entry.source === "runtime") return <span className="quiet">set by the app</span>;
  if (entry.source === "plain" || entry.secretId === undefined) return <span className="quiet">plain value</span>;
  return (
    <Link to="/secrets/$secretId" params={{ secretId: entry.secretId }} className="run-environment-secret">
      <SecretTag secretKey={entry.secretKey ?? null} selector={entry.version} shortId={entry.secretId.slice(0, 8)} />
    </Link>
  );
}
