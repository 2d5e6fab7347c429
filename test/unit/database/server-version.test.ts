import { describe, expect, test } from "vitest";
import { asRefusal } from "../../../main/contract/refusal.ts";
import { refuseUnfit } from "../../../main/database/server-version.ts";

function verdict(version: string, versionNumber: number, encoding: string): string {
  try {
    refuseUnfit({ version, versionNumber, encoding });
    return "fit";
  } catch (error) {
    return asRefusal(error)?.code ?? "unexpected";
  }
}

describe("a database server", () => {
  test("must be PostgreSQL 15 or newer", () => {
    expect(verdict("14.19", 140_019, "UTF8")).toBe("database_too_old");
    expect(verdict("15.0", 150_000, "UTF8")).toBe("fit");
    expect(verdict("19.1", 190_001, "UTF8")).toBe("fit");
  });

  test("must take every text", () => {
    expect(verdict("18.4", 180_004, "SQL_ASCII")).toBe("database_encoding");
    expect(verdict("18.4", 180_004, "WIN1252")).toBe("database_encoding");
  });
});
