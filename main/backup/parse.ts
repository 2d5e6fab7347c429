import type { z } from "zod";
import { Damaged } from "./damaged.ts";

/** The value of an entry that holds JSON. Throws `Damaged` where it is none, or not of its form. */
export function parseJson<Schema extends z.ZodType>(schema: Schema, name: string, data: Buffer): z.infer<Schema> {
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(data));
  } catch (error) {
    throw new Damaged(`${name} is no JSON`, { cause: error });
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new Damaged(`${name} is not as it should be: ${issue?.path.join(".")} ${issue?.message}`);
}
