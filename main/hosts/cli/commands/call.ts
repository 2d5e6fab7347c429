import type { Command } from "commander";
import { Refusal } from "../../../contract/refusal.ts";
import { UsageError } from "../errors.ts";
import { parseJson, readText } from "../files.ts";
import { withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { allProcedures, callByName, findProcedure, procedureSchema, secretPaths, takesField } from "../procedures.ts";
import type { ProcedureInfo } from "../procedures.ts";
import { sayThatItStays } from "../run-follow.ts";
import { handingOver, makesSigningKey, withKey, withKeyFile } from "../signing-key.ts";
import { readAll, utf8 } from "../values.ts";
import { runRecord } from "../../../../preload/contract/runs.ts";

/** Bytes of an input on standard input at most. */
const MAX_INPUT_BYTES = 32 * 1024 * 1024;

interface CallOptions {
  list?: true;
  schema?: string;
  input?: string;
  inputFile?: string;
  inputStdin?: true;
  keyOut?: string;
}

export function addCall(program: Command, act: Act): void {
  withExample(
    withKeyFile(
      program
        .command("call")
        .argument("[procedure]", "its name, such as routines.create")
        .description("call any procedure of the contract; whatever the panel can do, this can do")
        .option("--list", "all procedures with a line on each")
        .option("--schema <procedure>", "its input and output as JSON Schema")
        .option("--input <json>", "the input; fields that take a secret value are refused here")
        .option("--input-file <file>", "the input from a JSON file")
        .option("--input-stdin", "the input from standard input, as JSON"),
    ).action(act<CallOptions>(call)),
    `call routines.list --input '{"company": "ACME"}'`,
    "call system.changes",
  );
}

async function call(invocation: Invocation, options: CallOptions): Promise<void> {
  const name = invocation.argumentOr(0, undefined);
  const wanted = [options.list, options.schema, name].filter((choice) => choice !== undefined);
  if (wanted.length !== 1) {
    throw new UsageError(
      "Name one procedure, or use --list or --schema NAME.",
      "List them with `paperclip-desktop call --list`.",
    );
  }
  if (options.list) return listProcedures(invocation);
  if (options.schema !== undefined) {
    const schema = procedureSchema(findProcedure(options.schema));
    return invocation.output.answer(schema, () => `${JSON.stringify(schema, null, 2)}\n`);
  }
  const procedure = findProcedure(name ?? "");
  const input = withCompany(invocation, procedure, await readInput(invocation, procedure, options));
  if (makesSigningKey(procedure.name, input)) {
    const made = await handingOver(invocation, options.keyOut, () =>
      invocation.session(async ({ client }) =>
        withKey.parse(await callByName(client, procedure, input, invocation.signal)),
      ),
    );
    return invocation.output.answer(made, () => `${JSON.stringify(made, null, 2)}\n`);
  }
  if (options.keyOut !== undefined) {
    throw new UsageError("--key-out belongs to a call that makes a signing key.", "Leave it out.");
  }
  await invocation.session(async ({ client, owner }) => {
    const answer = await callByName(client, procedure, input, invocation.signal);
    if (procedure.stream) return printStream(invocation, answer as AsyncIterable<unknown>);
    invocation.output.answer(answer, () => `${JSON.stringify(answer, null, 2)}\n`);
    if (["routines.run", "runs.retry"].includes(procedure.name)) {
      sayThatItStays(invocation, owner, runRecord.parse(answer));
    }
  });
}

function listProcedures({ output }: Invocation): void {
  const procedures = allProcedures().map(({ name, summary, stream }) => ({ name, summary, stream }));
  output.answer({ procedures }, () =>
    output.table(
      [
        { title: "PROCEDURE", of: (procedure) => procedure.name },
        { title: "DOES", of: (procedure) => (procedure.stream ? `${procedure.summary} (stream)` : procedure.summary) },
      ],
      procedures,
    ),
  );
}

async function readInput(invocation: Invocation, procedure: ProcedureInfo, options: CallOptions): Promise<unknown> {
  const { input, inputFile, inputStdin } = options;
  if ([input, inputFile, inputStdin].filter((source) => source !== undefined).length > 1) {
    throw new UsageError("The input has more than one source.", "Use one of --input, --input-file and --input-stdin.");
  }
  if (inputFile !== undefined) return parseJson(await readText(inputFile), inputFile);
  if (inputStdin) {
    return parseJson(utf8(await readAll(invocation.host.stdin, MAX_INPUT_BYTES), "Standard input"), "Standard input");
  }
  if (input === undefined) return undefined;
  const value = parseArgument(input);
  const [secret] = secretPaths(procedure, value);
  if (secret !== undefined) {
    throw new UsageError(
      `The field "${secret}" takes a secret value, which is never an argument: other users can read those.`,
      "Give the input by --input-stdin or --input-file.",
    );
  }
  return value;
}

function parseArgument(input: string): unknown {
  try {
    return parseJson(input, "--input");
  } catch (error) {
    if (error instanceof Refusal) throw new UsageError(error.message, error.data.next);
    throw error;
  }
}

/** `--company` goes into inputs that take one and do not name one yet. */
function withCompany(invocation: Invocation, procedure: ProcedureInfo, input: unknown): unknown {
  const value = input ?? (procedure.input === null ? undefined : {});
  if (invocation.company === undefined || !takesField(procedure, "company")) return value;
  if (typeof value !== "object" || value === null || Array.isArray(value) || "company" in value) return value;
  return { ...value, company: invocation.company };
}

/** Events as lines of JSON as they come; with `--json` as one array, whose elements are printed as they come. */
async function printStream({ output }: Invocation, events: AsyncIterable<unknown>): Promise<void> {
  if (!output.json) {
    for await (const event of events) output.raw(`${JSON.stringify(event)}\n`);
    return;
  }
  let separator = "[\n";
  try {
    for await (const event of events) {
      output.raw(`${separator}${JSON.stringify(event)}`);
      separator = ",\n";
    }
  } finally {
    output.raw(separator === "[\n" ? "[]\n" : "\n]\n");
  }
}
