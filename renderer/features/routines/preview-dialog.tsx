import { useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import type { ComponentProps } from "react";
import type { RoutineRecord, RunPreview, VariableValues } from "../../../preload/contract/routines.ts";
import { useCompany } from "../../data/company.tsx";
import { FailureNotice } from "../../data/failure-notice.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import { buttonClass } from "../../ui/button.tsx";
import { CopyButton } from "../../ui/copy-button.tsx";
import { Dialog } from "../../ui/dialog.tsx";
import { Facts } from "../../ui/facts.tsx";
import { Mark, wordOf } from "../../ui/mark.tsx";
import { Notice } from "../../ui/notice.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { LayerTags, SecretTag } from "../../ui/tag.tsx";
import { shortId } from "../environment/reference-state.ts";
import { entryOf, fixOf, problemWords } from "./preview-fix.tsx";
import "./preview-dialog.css";

export interface PreviewDialogProps {
  readonly routine: RoutineRecord;
  readonly variables?: VariableValues;
  /** Others than the routine's own, for this run. */
  readonly agent?: string | null;
  readonly project?: string | null;
  onClose(): void;
  /** A link of it was followed, where more is to be closed than the preview. */
  onLeave?: () => void;
  /** Leads to where the variables of a run are entered. */
  onEnterValues?: (() => void) | undefined;
}

/** What a run started now would be: nothing is started, and no secret is read. */
export function PreviewDialog({
  routine,
  variables,
  agent,
  project,
  onClose,
  onLeave = onClose,
  onEnterValues,
}: PreviewDialogProps) {
  const company = useCompany();
  const query = useQuery({
    ...useQueries().routines.preview.queryOptions({
      input: {
        company: company.id,
        routine: routine.id,
        ...(variables === undefined ? {} : { variables }),
        ...(agent ? { agent } : {}),
        ...(project ? { project } : {}),
      },
    }),
    // Agents, folders and programs change without a word; a preview is asked for each time it is opened.
    staleTime: 0,
    gcTime: 0,
  });
  const failure = query.error === null ? null : failureOf(query.error);
  return (
    <Dialog title={`Preview of a run: ${routine.title}`} isOpen wide onClose={onClose}>
      {failure === null ? null : failure.code === "routine_without_agent" ? (
        <Notice
          tone="bad"
          title="A run cannot be shown: the routine has no agent."
          next="Choose an agent for it on the overview."
          actions={
            <Link
              to="/routines/$routineId"
              params={{ routineId: routine.id }}
              className={buttonClass()}
              onClick={onLeave}
            >
              Choose agent
            </Link>
          }
        />
      ) : (
        <FailureNotice what="The preview cannot be shown" failure={failure} onRetry={() => void query.refetch()} />
      )}
      {query.data === undefined ? (
        failure === null ? (
          <SkeletonRows rows={8} label="Preparing the preview" />
        ) : null
      ) : (
        <PreviewSheet preview={query.data} onEnterValues={onEnterValues} onLeave={onLeave} />
      )}
    </Dialog>
  );
}

const VIA: Readonly<Record<RunPreview["instructionsVia"], string>> = {
  stdin: "on its standard input",
  argument: "as an argument",
  file: "as a file",
  body: "in the body of the request",
  none: "not at all",
};

/** The sheet itself: what stands in the way first, then the process, then its environment. */
function PreviewSheet({
  preview,
  onEnterValues,
  onLeave,
}: {
  readonly preview: RunPreview;
  readonly onEnterValues: (() => void) | undefined;
  onLeave(): void;
}) {
  const { problems, env, request } = preview;
  return (
    <div className="preview-dialog">
      {problems.length === 0 ? (
        <Notice tone="good" title="A run started now would get all of this." />
      ) : (
        <ul className="preview-dialog-problems" aria-label="Problems">
          {problems.map((problem) => {
            const fix = fixOf({ code: problem.code, entry: entryOf(problem, env), preview, onEnterValues, onLeave });
            return (
              <li key={`${problem.code} ${problem.message}`}>
                <Notice tone="bad" title={problem.message} next={fix === null ? problem.next : null} actions={fix} />
              </li>
            );
          })}
        </ul>
      )}
      <section className="preview-dialog-part" aria-label={request === null ? "Process" : "Request"}>
        <h3>{request === null ? "Process" : "Request"}</h3>
        <Facts
          facts={[
            [
              "Title",
              <span key="title" dir="auto">
                {preview.title}
              </span>,
            ],
            ["Revision", preview.revision],
            [
              "Agent",
              <span key="agent" dir="auto">
                {preview.agent.name} <span className="quiet">({preview.agent.adapter})</span>
              </span>,
            ],
            [
              "Project",
              preview.project === null ? null : (
                <span key="project" dir="auto">
                  {preview.project.name}
                </span>
              ),
            ],
            ...startFacts(preview),
            ["Gets the instructions", VIA[preview.instructionsVia]],
            ["Time limit", preview.timeoutSeconds === null ? "none" : `${preview.timeoutSeconds} s`],
          ]}
        />
      </section>
      <section className="preview-dialog-part" aria-label="Environment">
        <h3>Environment</h3>
        {env.length === 0 ? (
          <p className="quiet">No layer sets anything. Agent, project and routine can each have an environment.</p>
        ) : (
          <EnvTable env={env} />
        )}
        <details>
          <summary>
            {preview.runtimeNames.length} names set by the app, {preview.baseNames.length} from the machine
          </summary>
          <Facts
            facts={[
              ["By the app", <Names key="app" names={preview.runtimeNames} />],
              ["From the machine", <Names key="machine" names={preview.baseNames} />],
            ]}
          />
        </details>
      </section>
      <p className="preview-dialog-hash quiet small">
        Sheet <code>{preview.hash.slice(0, 16)}</code>
        <CopyButton text={preview.hash} label="Copy the whole hash" />
        The run of this sheet carries the same hash.
      </p>
    </div>
  );
}

/** What is started: a program in its folder, or a request with its placeholders. */
function startFacts({ argv, cwd, request }: RunPreview): ComponentProps<typeof Facts>["facts"] {
  if (request === null) {
    return [
      [
        "Command",
        <span key="argv" className="preview-dialog-argv">
          {argv.map((part, index) => (
            // The same word may stand in a command twice.
            // oxlint-disable-next-line react/no-array-index-key
            <code key={index} dir="auto">
              {part}
            </code>
          ))}
        </span>,
      ],
      ["Folder", cwd === null ? null : <code key="cwd">{cwd}</code>],
    ];
  }
  const { method, url, headers, body, expectStatus } = request;
  return [
    [
      "Request",
      <span key="request" className="preview-dialog-argv">
        <code>{method}</code> <code dir="auto">{url}</code>
      </span>,
    ],
    [
      "Headers",
      <span key="headers" className="preview-dialog-headers">
        {headers.map(({ name, value }) => (
          <code key={name}>
            {name}: {value}
          </code>
        ))}
      </span>,
    ],
    [
      "Body",
      <pre key="body" className="preview-dialog-body" tabIndex={0} aria-label="Body of the request" dir="auto">
        {body}
      </pre>,
    ],
    ["Succeeds with", expectStatus === null ? "a status from 200 to 299" : `the status ${expectStatus}`],
  ];
}

function EnvTable({ env }: { readonly env: RunPreview["env"] }) {
  return (
    <div className="preview-dialog-scroll" tabIndex={0} role="group" aria-label="Environment, may scroll sideways">
      <table className="preview-dialog-env">
        <thead>
          <tr>
            <th scope="col">Key</th>
            <th scope="col">Value or secret</th>
            <th scope="col">Layers</th>
            <th scope="col">State</th>
          </tr>
        </thead>
        <tbody>
          {env.map((entry) => (
            <tr key={entry.key}>
              <th scope="row">
                <code>{entry.key}</code>
              </th>
              <td>
                {entry.source === "plain" ? (
                  <span className="quiet">plain value</span>
                ) : (
                  <SecretTag
                    secretKey={entry.secretKey ?? null}
                    shortId={shortId(entry.secretId ?? "")}
                    selector={entry.selector}
                    version={entry.version}
                  />
                )}
              </td>
              <td>
                <LayerTags winner={entry.layer} overrides={entry.overrides} />
              </td>
              <td>
                {entry.problem === null ? (
                  <Mark state="ok">{entry.source === "plain" ? "plain" : wordOf("ok")}</Mark>
                ) : (
                  <Mark state="error">
                    {entry.problem === "secret_inactive" && entry.secretStatus
                      ? entry.secretStatus
                      : problemWords(entry.problem)}
                  </Mark>
                )}
              </td>
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Names({ names }: { readonly names: readonly string[] }) {
  return names.length === 0 ? <span className="quiet">none</span> : <code>{names.join(" ")}</code>;
}
