import { ORPCError } from "@orpc/client";
import type { InferContractRouterInputs, InferContractRouterOutputs } from "@orpc/contract";
import type { Contract } from "../../preload/contract/contract.ts";
import { errorClasses } from "../../preload/contract/errors.ts";
import type { ErrorCode, ErrorData } from "../../preload/contract/errors.ts";

type Inputs = InferContractRouterInputs<Contract>;
type Outputs = InferContractRouterOutputs<Contract>;

/** A procedure by its area and name, such as `runs.list`. */
export type ProcedureName = {
  [Area in keyof Contract & string]: `${Area}.${keyof Contract[Area] & string}`;
}[keyof Contract & string];

type In<Tree, Name> = Name extends `${infer Area}.${infer Leaf}`
  ? Area extends keyof Tree
    ? Leaf extends keyof Tree[Area]
      ? Tree[Area][Leaf]
      : never
    : never
  : never;

/** What a procedure answers with; of a stream, the events that it starts with. It stays open after them. */
type Output<Name> = In<Outputs, Name> extends AsyncIterator<infer Event> ? readonly Event[] : In<Outputs, Name>;

type Given<Value> = Value | Refused | typeof pending;

/**
 * What the control plane of a story says, by procedure: the answer itself, or what makes it from the input. Each is held
 * against the schema of the contract, so that a story cannot show what the control plane could not send.
 */
export type Answers = {
  readonly [Name in ProcedureName]?:
    | Given<Output<Name>>
    | ((input: In<Inputs, Name>) => Given<Output<Name>> | Promise<Given<Output<Name>>>);
};

/** The answer of a call that never ends: what waits for it stays as it is while it loads. */
export const pending: unique symbol = Symbol("pending");

/** The answer of a call that is refused; made by `refused`. */
export class Refused {
  constructor(readonly error: ORPCError<ErrorCode, ErrorData>) {}
}

/** A refusal of the control plane, as the client gets it: `refused("vault_locked", "The vault is locked.", { next: "…" })`. */
export function refused(code: ErrorCode, message: string, data: ErrorData = {}): Refused {
  return new Refused(new ORPCError(code, { defined: true, status: errorClasses[code], message, data }));
}

/** What a database that is down makes of every call that needs it. */
export const databaseDown = refused(
  "database_unavailable",
  "The database does not answer: it ended with exit code 1.",
  {
    next: "Start the database again, or read `logs/postgres.log` in the instance folder.",
  },
);

/** What a vault without its key makes of every call that needs it. */
export const vaultLocked = refused("vault_locked", "The vault is locked: its master key is not there.", {
  next: "Put the key file back to `secrets/master.key`, or give the key in PAPERCLIP_SECRETS_MASTER_KEY.",
});

/** One page of a list of `count` rows that are made as they are asked for; the cursor is the number of the next row. */
export function pageOf<Row>(
  input: { readonly cursor?: string | undefined; readonly limit?: number | undefined },
  count: number,
  row: (index: number) => Row,
): { rows: Row[]; nextCursor: string | null } {
  const from = Number(input.cursor ?? 0);
  const length = Math.max(0, Math.min(input.limit ?? 50, count - from));
  const rows = Array.from({ length }, (_, index) => row(from + index));
  return { rows, nextCursor: from + length < count ? String(from + length) : null };
}
