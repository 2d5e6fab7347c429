import type { Snapshot } from "../../../preload/contract/routines.ts";

export const aSnapshot = (changes: Partial<Snapshot> = {}): Snapshot => ({
  snapshotVersion: 1,
  title: "Nightly",
  instructions: "Do it.",
  agentId: null,
  projectId: null,
  priority: "medium",
  concurrencyPolicy: "coalesce_if_active",
  catchUpPolicy: "skip_missed",
  variables: [],
  env: {},
  retry: {
    maxAttempts: 1,
    backoffSeconds: 30,
    backoffFactor: 2,
    backoffCapSeconds: 86_400,
    jitter: 0,
    onInterruption: false,
  },
  limits: { timeoutSeconds: null, logLimitBytes: null },
  triggers: [],
  ...changes,
});
