import { implement, ORPCError, ValidationError } from "@orpc/server";
import { contract } from "../../preload/contract/contract.ts";
import { errorClasses } from "../../preload/contract/errors.ts";
import { asRefusal } from "./refusal.ts";

/** Who calls: the way in, and what it needs to be told. */
export interface CallContext {
  readonly host: "control" | "browser" | "electron" | "in-process";
  /** Writes an unexpected error to the product log; what reaches the client is only that there was one. */
  readonly reportUnexpected: (error: unknown, procedure: string) => void;
}

/** The contract to be implemented. Each room takes its own area from here; refusals become the contract's errors. */
export const implementer = implement(contract)
  .$context<CallContext>()
  .use(async ({ next, context, path }) => {
    try {
      return await next();
    } catch (error) {
      throw atTheBorder(error, (unexpected) => context.reportUnexpected(unexpected, path.join(".")));
    }
  });

function atTheBorder(error: unknown, report: (error: unknown) => void): unknown {
  const refusal = asRefusal(error);
  if (refusal) {
    return new ORPCError(refusal.code, {
      status: errorClasses[refusal.code],
      message: refusal.message,
      data: refusal.data,
      defined: true,
    });
  }
  if (error instanceof ORPCError && error.cause instanceof ValidationError) return invalidInput(error.cause);
  if (error instanceof ORPCError && error.defined) return error;
  report(error);
  return new ORPCError("INTERNAL_SERVER_ERROR", {
    message: "Something unexpected went wrong. The log of the instance says more.",
  });
}

function invalidInput(error: ValidationError): unknown {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part)).join(".");
    fields[path || "input"] ??= issue.message;
  }
  const [path, message] = Object.entries(fields)[0] ?? ["input", error.message];
  return new ORPCError("invalid_input", {
    status: errorClasses.invalid_input,
    message: `The input is not valid: ${path}: ${message}.`,
    data: { fields },
    defined: true,
  });
}
