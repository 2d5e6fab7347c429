import { expect, test } from "vitest";
import { asId } from "../../../main/database/ids.ts";

test("an id is a UUID in either case, and answered in lower case", () => {
  const id = "6f1f5d0e-6d0f-4b6e-9a8e-3d1a51a5e001";
  expect(asId(id)).toBe(id);
  expect(asId(id.toUpperCase())).toBe(id);
  for (const text of ["", "gh_token", id.replaceAll("-", ""), ` ${id}`, `${id}\n`]) expect(asId(text)).toBeNull();
});
