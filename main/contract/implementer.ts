import { mapEventIterator } from "@orpc/client";
import { implement, ORPCError, ValidationError } from "@orpc/server";
import { contract } from "../../preload/contract/contract.ts";
import { errorClasses } from "../../preload/contract/errors.ts";
import { asRefusal, type Refusal } from "./refusal.ts";
import type { Shell } from "./shell.ts";

/** Who calls: the way in, and what it needs to be told. */
export interface CallContext {
  readonly host: "control" | "browser" | "electron" | "in-process";
  /** What shows the panel to the caller; absent where nothing does. */
  readonly shell?: Shell;
  /**
   * Judges an error that is no refusal: answers with the refusal behind it where there is one, such as a database that
   * went away, and otherwise writes it to the product log; then the client learns only that there was one.
   */
  readonly reportUnexpected: (error: unknown, procedure: string) => Refusal | null;
}

/** The contract to be implemented. Each room takes its own area from here; refusals become the contract's errors. */
export const implementer = implement(contract)
  .$context<CallContext>()
  .use(async ({ next, context, path }, _, output) => {
    const judged = (error: unknown) =>
      atTheBorder(error, (unexpected) => context.reportUnexpected(unexpected, path.join(".")));
    try {
      const answer = await next();
      // The handler of a stream does its work, and fails, only once the stream is read.
      return isStream(answer.output) ? output(streamAtTheBorder(answer.output, judged)) : answer;
    } catch (error) {
      throw judged(error);
    }
  });

function isStream(output: unknown): output is AsyncIterator<unknown> {
  return typeof output === "object" && output !== null && Symbol.asyncIterator in output;
}

function streamAtTheBorder(stream: AsyncIterator<unknown>, judged: (error: unknown) => unknown) {
  return mapEventIterator(stream, { value: async (event) => event, error: async (error) => judged(error) });
}

function atTheBorder(error: unknown, report: (error: unknown) => Refusal | null): unknown {
  const refusal = asRefusal(error);
  if (refusal) return asContractError(refusal);
  if (error instanceof ORPCError && error.code === "BAD_REQUEST" && error.cause instanceof ValidationError) {
    return invalidInput(error.cause);
  }
  if (error instanceof ORPCError && error.defined) return error;
  const behind = report(error);
  if (behind) return asContractError(behind);
  return new ORPCError("INTERNAL_SERVER_ERROR", {
    message: "Something unexpected went wrong. The log of the instance says more.",
  });
}

function asContractError({ code, message, data }: Refusal): unknown {
  return new ORPCError(code, { status: errorClasses[code], message, data, defined: true });
}

/** What a form holds: the object of its fields, whose name no field carries. */
const FORMS: ReadonlySet<string> = new Set(["routine", "changes"]);

/** The field of a path in the input, named as refusals name it: `title`, also where it came as `routine.title`. */
function fieldOf([first = "input", ...rest]: readonly string[]): string {
  return (rest.length > 0 && FORMS.has(first) ? rest : [first, ...rest]).join(".");
}

function invalidInput(error: ValidationError): unknown {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) {
    const path = (issue.path ?? []).map((part) => String(typeof part === "object" ? part.key : part));
    fields[fieldOf(path)] ??= issue.message;
  }
  const [path, message] = Object.entries(fields)[0] ?? ["input", error.message];
  return new ORPCError("invalid_input", {
    status: errorClasses.invalid_input,
    message: `The input is not valid: ${path}: ${message}.`,
    data: { fields },
    defined: true,
  });
}
