/** How a routine goes until it is told otherwise: one attempt, one run at a time, and missed slots are only recorded. */
export const ROUTINE_DEFAULTS = {
  priority: "medium",
  concurrencyPolicy: "coalesce_if_active",
  catchUpPolicy: "skip_missed",
  retry: {
    maxAttempts: 1,
    backoffSeconds: 30,
    backoffFactor: 2,
    backoffCapSeconds: 86_400,
    jitter: 0,
    onInterruption: false,
  },
  limits: { timeoutSeconds: null, logLimitBytes: null },
} as const;
