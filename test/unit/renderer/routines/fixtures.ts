import fc from "fast-check";
import type { Variable } from "../../../../preload/contract/routines.ts";
import { BLANK_DRAFT } from "../../../../renderer/features/routines/draft.ts";
import type { RoutineDraft } from "../../../../renderer/features/routines/draft.ts";
import { variablesInUse } from "../../../../renderer/features/routines/variables.ts";

export const aDraft = (changes: Partial<RoutineDraft> = {}): RoutineDraft => ({
  ...BLANK_DRAFT,
  title: "Nightly",
  instructions: "Look.\nSay what is new.\nFile the rest.",
  ...changes,
});

const KEYS = ["GH_TOKEN", "LOG_LEVEL", "REGION", "NPM_TOKEN"];
const NAMES = ["what", "folder", "day"];
const id = fc.constantFrom(
  "11111111-1111-4111-8111-111111111111",
  "22222222-2222-4222-8222-222222222222",
  "33333333-3333-4333-8333-333333333333",
);
const line = fc.constantFrom(
  "Look.",
  "Say what is new.",
  "Look at {{what}}.",
  "File under {{folder}}.",
  "On {{day}}",
  "",
);
const binding = fc.oneof(
  fc.record({ type: fc.constant("plain" as const), value: fc.constantFrom("", "info", "debug") }),
  fc.record({
    type: fc.constant("secret_ref" as const),
    secretId: id,
    version: fc.oneof(fc.constant("latest" as const), fc.integer({ min: 1, max: 3 })),
  }),
);
const definition = fc.record(
  {
    name: fc.constantFrom(...NAMES),
    type: fc.constant("text" as const),
    required: fc.boolean(),
    default: fc.constantFrom("a", "b"),
  },
  { requiredKeys: ["name", "type", "required"] },
) as fc.Arbitrary<Variable>;

/** Drafts from few parts, so that they often agree; as the control plane would keep them. */
export const drafts: fc.Arbitrary<RoutineDraft> = fc
  .record({
    title: fc.constantFrom("Nightly", "Weekly", "Daily {{day}}"),
    instructions: fc.array(line, { maxLength: 6 }).map((lines) => lines.join("\n")),
    agentId: fc.option(id),
    projectId: fc.option(id),
    priority: fc.constantFrom("low" as const, "medium" as const),
    concurrencyPolicy: fc.constantFrom("coalesce_if_active" as const, "skip_if_active" as const),
    catchUpPolicy: fc.constantFrom("skip_missed" as const, "hold" as const),
    variables: fc.array(definition, { maxLength: 3 }),
    env: fc.dictionary(fc.constantFrom(...KEYS), binding),
    retry: fc.record({
      maxAttempts: fc.integer({ min: 1, max: 3 }),
      backoffSeconds: fc.constantFrom(30, 60),
      backoffFactor: fc.constantFrom(1, 2),
      backoffCapSeconds: fc.constantFrom(600, 86_400),
      jitter: fc.constantFrom(0, 0.1),
      onInterruption: fc.boolean(),
    }),
    limits: fc.record({
      timeoutSeconds: fc.option(fc.constantFrom(60, 600)),
      logLimitBytes: fc.option(fc.constant(1_048_576)),
    }),
  })
  .map((draft) =>
    Object.assign(draft, { variables: variablesInUse(draft.title, draft.instructions, draft.variables) }),
  );
