import { getEventIteratorSchemaDetails, isContractProcedure } from "@orpc/contract";
import { z } from "zod";
import { contract } from "../../../preload/contract/contract.ts";
import type { ContractClient } from "../../control-plane-port.ts";
import { UsageError } from "./errors.ts";

type JsonSchema = z.core.JSONSchema.BaseSchema;

/** One procedure of the contract, as `call` needs it. */
export interface ProcedureInfo {
  /** Such as `routines.create`. */
  readonly name: string;
  readonly summary: string;
  /** It answers with a stream of events. */
  readonly stream: boolean;
  readonly input: z.ZodType | null;
  readonly output: z.ZodType | null;
}

/** All procedures of the contract, in its order. */
export function allProcedures(): ProcedureInfo[] {
  const found: ProcedureInfo[] = [];
  collectProcedures(contract, [], found);
  return found;
}

function collectProcedures(node: unknown, path: readonly string[], found: ProcedureInfo[]): void {
  if (isContractProcedure(node)) {
    const { route, inputSchema, outputSchema } = node["~orpc"];
    const stream = getEventIteratorSchemaDetails(outputSchema);
    found.push({
      name: path.join("."),
      summary: route.summary ?? "",
      stream: stream !== undefined,
      input: asZod(inputSchema),
      output: asZod(stream ? stream.yields : outputSchema),
    });
    return;
  }
  if (typeof node !== "object" || node === null) return;
  for (const [name, child] of Object.entries(node)) collectProcedures(child, [...path, name], found);
}

function asZod(schema: unknown): z.ZodType | null {
  return schema instanceof z.ZodType ? schema : null;
}

/** The procedure of that name. An unknown one is an error of the command line, with the names that are near. */
export function findProcedure(name: string): ProcedureInfo {
  const procedures = allProcedures();
  const found = procedures.find((procedure) => procedure.name === name);
  if (found) return found;
  const area = procedures.filter((procedure) => procedure.name.startsWith(`${name.split(".")[0]}.`));
  const near = area.length > 0 ? ` There is ${area.map((procedure) => procedure.name).join(", ")}.` : "";
  throw new UsageError(`There is no procedure "${name}".${near}`, "List them with `paperclip-desktop call --list`.");
}

/** Input and output of a procedure as JSON Schema. Of a stream, `output` is the schema of one event. */
export function procedureSchema(procedure: ProcedureInfo) {
  const { name, summary, stream, input, output } = procedure;
  return {
    name,
    summary,
    stream,
    input: input === null ? null : jsonSchema(input, "input"),
    output: output === null ? null : jsonSchema(output, "output"),
  };
}

function jsonSchema(schema: z.ZodType, io: "input" | "output"): JsonSchema {
  return z.toJSONSchema(schema, { io, unrepresentable: "any" });
}

/** The paths of an input at which the contract takes a secret value, such as `value`. */
export function secretPaths(procedure: ProcedureInfo, input: unknown): string[] {
  if (procedure.input === null) return [];
  const schema = jsonSchema(procedure.input, "input");
  const found = new Set<string>();
  collectSecrets(schema, schema, input, [], found);
  return [...found];
}

function collectSecrets(
  root: JsonSchema,
  schema: unknown,
  value: unknown,
  path: readonly string[],
  found: Set<string>,
): void {
  if (!isRecord(schema) || value === undefined) return;
  if (schema["secret"] === true) found.add(path.join("."));
  // `z.json()` refers to itself; it is followed only as deep as the value goes.
  if (typeof schema["$ref"] === "string")
    collectSecrets(root, resolveReference(root, schema["$ref"]), value, path, found);
  for (const name of ["anyOf", "oneOf", "allOf"]) {
    const options = schema[name];
    if (Array.isArray(options)) for (const option of options) collectSecrets(root, option, value, path, found);
  }
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries()) {
      collectSecrets(root, schema["items"], item, [...path, String(index)], found);
    }
    return;
  }
  if (!isRecord(value)) return;
  const properties = isRecord(schema["properties"]) ? schema["properties"] : {};
  for (const [name, item] of Object.entries(value)) {
    const property = Object.hasOwn(properties, name) ? properties[name] : schema["additionalProperties"];
    collectSecrets(root, property, item, [...path, name], found);
  }
}

function resolveReference(root: JsonSchema, reference: string): unknown {
  let node: unknown = root;
  for (const part of reference.replace(/^#\/?/, "").split("/").filter(Boolean)) {
    node = isRecord(node) ? node[part] : undefined;
  }
  return node;
}

/** Whether the input of a procedure has a field of that name at its top, such as `company`. */
export function takesField(procedure: ProcedureInfo, field: string): boolean {
  return procedure.input instanceof z.ZodObject && Object.hasOwn(procedure.input.shape, field);
}

type AnyCall = (input: unknown, options: { signal: AbortSignal }) => Promise<unknown>;

/** Calls a procedure by its name, with an input that nobody has checked; the contract checks it on arrival. */
export function callByName(
  client: ContractClient,
  procedure: ProcedureInfo,
  input: unknown,
  signal: AbortSignal,
): Promise<unknown> {
  let node: unknown = client;
  for (const part of procedure.name.split(".")) node = Reflect.get(Object(node), part);
  // Every leaf of a client is such a function; only its input and output types differ.
  return (node as AnyCall)(input, { signal });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
