import { useQueries as useManyQueries, useQuery } from "@tanstack/react-query";
import { Link } from "@tanstack/react-router";
import { Circle, CircleCheck, CircleDot, Paperclip } from "lucide-react";
import { useEffect, useRef, useState } from "react";
import type { ReactNode } from "react";
import type { RoutineRecord } from "../../../preload/contract/routines.ts";
import type { AgentRecord, CompanyRecord } from "../../../preload/contract/work.ts";
import { Answered } from "../../data/answered.tsx";
import { useQueries } from "../../data/panel-context.tsx";
import { SkeletonRows } from "../../ui/skeleton.tsx";
import { AgentStep } from "./agent-step.tsx";
import { CompanyStep } from "./company-step.tsx";
import { RoutineStep } from "./routine-step.tsx";
import { RunStep } from "./run-step.tsx";
import { nextStep, STEPS } from "./steps.ts";
import type { Step } from "./steps.ts";
import "./welcome.css";

const TITLES: Readonly<Record<Step, string>> = {
  company: "Name the company",
  agent: "Choose who does the work",
  routine: "Describe the work",
  run: "Run it",
};

/** From nothing to a routine that ran. Where it was left, it goes on. */
export function WelcomeScreen() {
  const queries = useQueries();
  const companies = useQuery(queries.companies.list.queryOptions());
  useEffect(() => {
    document.title = "First steps · Paperclip Desktop";
  }, []);
  return (
    <Answered query={companies} what="The companies cannot be shown">
      {(answer) => {
        const [company] = answer.companies;
        return company ? (
          <InCompany company={company} />
        ) : (
          <Welcome step="company">
            <CompanyStep />
          </Welcome>
        );
      }}
    </Answered>
  );
}

function InCompany({ company }: { readonly company: CompanyRecord }) {
  const queries = useQueries();
  const [agents, routines] = useManyQueries({
    queries: [
      queries.agents.list.queryOptions({ input: { company: company.id } }),
      queries.routines.list.queryOptions({ input: { company: company.id, limit: 1, sort: "created" } }),
    ],
  });
  return (
    <Answered query={agents} what="The agents cannot be shown" loading={<Waiting />}>
      {(agentAnswer) => (
        <Answered query={routines} what="The routines cannot be shown" loading={<Waiting />}>
          {(routineAnswer) => (
            <Steps company={company} agents={agentAnswer.agents} routine={routineAnswer.routines[0] ?? null} />
          )}
        </Answered>
      )}
    </Answered>
  );
}

function Waiting() {
  return (
    <Welcome step="agent">
      <SkeletonRows />
    </Welcome>
  );
}

interface StepsProps {
  readonly company: CompanyRecord;
  readonly agents: readonly AgentRecord[];
  readonly routine: RoutineRecord | null;
}

function Steps({ company, agents, routine }: StepsProps) {
  // An agent that was made a moment ago is looked at, with its checks, before it goes on.
  const [checked, setChecked] = useState(agents.length > 0);
  const [agent] = agents;
  const step = nextStep({ companies: 1, agents: checked || routine ? agents.length : 0, routines: routine ? 1 : 0 });
  return (
    <Welcome step={step}>
      {step === "agent" || agent === undefined ? (
        <AgentStep company={company} agent={agent ?? null} onDone={() => setChecked(true)} />
      ) : step === "routine" || routine === null ? (
        <RoutineStep company={company} agents={agents} />
      ) : (
        <RunStep company={company} routine={routine} />
      )}
    </Welcome>
  );
}

function Welcome({ step, children }: { readonly step: Step; readonly children: ReactNode }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const first = useRef(true);
  // The heading takes the focus with each new step, so that those who hear the page know.
  useEffect(() => {
    if (!first.current) heading.current?.focus();
    first.current = false;
  }, [step]);
  const at = STEPS.indexOf(step);
  return (
    <div className="welcome">
      <aside className="welcome-side" aria-label="First steps">
        <p className="welcome-brand">
          <Paperclip aria-hidden="true" />
          Paperclip Desktop
        </p>
        <ol className="welcome-steps">
          {STEPS.map((each, index) => (
            <li
              key={each}
              className={index < at ? "welcome-step welcome-step-done" : "welcome-step"}
              aria-current={each === step ? "step" : undefined}
            >
              {index < at ? (
                <CircleCheck aria-hidden="true" />
              ) : index === at ? (
                <CircleDot aria-hidden="true" />
              ) : (
                <Circle aria-hidden="true" />
              )}
              {TITLES[each]}
              {index < at ? <span className="unseen">, done</span> : null}
            </li>
          ))}
        </ol>
        {step === "company" ? null : (
          <p>
            <Link to="/">Leave the first steps</Link>
          </p>
        )}
      </aside>
      <main className="welcome-main">
        <h1 ref={heading} tabIndex={-1}>
          {TITLES[step]}
        </h1>
        {children}
      </main>
    </div>
  );
}
