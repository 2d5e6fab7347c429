import { useQueries as useAnswers } from "@tanstack/react-query";
import { useCompany } from "../../data/company.tsx";
import { failureOf } from "../../data/failure.ts";
import { useQueries } from "../../data/panel-context.tsx";
import type { SecretState } from "./reference-state.ts";

const ASKED: SecretState = { kind: "asked" };

/** What is known about each of these secrets, by id. Each is asked for once, however many lines refer to it. */
export function useSecretStates(ids: readonly string[]): (id: string) => SecretState {
  const queries = useQueries();
  const company = useCompany();
  const asked = [...new Set(ids)];
  const answers = useAnswers({
    queries: asked.map((secret) => queries.secrets.get.queryOptions({ input: { company: company.id, secret } })),
  });
  const states = new Map(
    asked.map((id, index): [string, SecretState] => {
      const answer = answers[index];
      if (answer?.data !== undefined) return [id, { kind: "there", secret: answer.data }];
      return [id, answer?.error ? unanswered(answer.error) : ASKED];
    }),
  );
  return (id) => states.get(id) ?? ASKED;
}

function unanswered(error: unknown): SecretState {
  const { code } = failureOf(error);
  return code === "secret_missing" || code === "secret_foreign" ? { kind: "gone", reason: code } : { kind: "unknown" };
}
