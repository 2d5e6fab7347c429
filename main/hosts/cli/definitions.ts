import { z } from "zod";
import { envInput } from "../../../preload/contract/environment.ts";
import type { EnvInput } from "../../../preload/contract/environment.ts";
import { Refusal } from "../../contract/refusal.ts";
import { readObjectFile } from "./files.ts";

/*
 * Files are checked against the contract's schemas before the instance is opened, so that an error names the file. The
 * contract checks everything again.
 */

/** An env file, or undefined where none is named. */
export async function readEnvFile(file: string | undefined): Promise<EnvInput | undefined> {
  return file === undefined ? undefined : checkedFile(file, await readObjectFile(file), envInput);
}

/** The configuration of an adapter, or undefined where none is named. The adapter checks what it holds. */
export async function readConfigFile(file: string | undefined): Promise<Record<string, JsonValue> | undefined> {
  return file === undefined ? undefined : checkedFile(file, await readObjectFile(file), z.record(z.string(), z.json()));
}

type JsonValue = z.infer<ReturnType<typeof z.json>>;

/** The value as the schema reads it. Refuses it by naming the file and the first field that is wrong. */
export function checkedFile<Schema extends z.ZodType>(file: string, value: unknown, schema: Schema): z.infer<Schema> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const fields: Record<string, string> = {};
  for (const issue of result.error.issues) {
    const unknown = issue.code === "unrecognized_keys" ? issue.keys : [];
    if (unknown.length === 0) fields[issue.path.map(String).join(".") || "file"] ??= issue.message;
    for (const key of unknown) fields[[...issue.path, key].map(String).join(".")] ??= "is not known there";
  }
  const [field, message] = Object.entries(fields)[0] ?? ["file", "is not valid"];
  throw new Refusal("invalid_input", `${file}: ${field}: ${message}.`, { fields, next: "Mend the file there." });
}
