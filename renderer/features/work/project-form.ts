import type { ProjectRecord } from "../../../preload/contract/work.ts";
import { changedNames, envFields, field, isEnvField } from "./fields.ts";
import type { Fields } from "./fields.ts";

/** The form of a project that is not there yet. */
export const NEW_PROJECT: Fields = { name: "", description: "" };

/** A project as its form shows it. */
export function projectFields({ name, description, env }: ProjectRecord): Fields {
  return { name, description: description ?? "", ...envFields(env) };
}

/** Name and description as they are sent. */
export function readProject(fields: Fields) {
  const description = field(fields, "description") ?? "";
  return { name: field(fields, "name") ?? "", description: description.trim() === "" ? null : description };
}

/** Which parts of a project differ: only they are sent. */
export function changedProjectParts(before: Fields, after: Fields) {
  const names = changedNames(before, after);
  return {
    names,
    name: names.includes("name"),
    description: names.includes("description"),
    env: names.some(isEnvField),
  };
}
