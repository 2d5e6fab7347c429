import fc from "fast-check";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { backupFileName, chunkEntry, isBackupFileName, longestCompressed } from "../../../main/backup/format.ts";

test("the names of files sort by time and are known again", () => {
  const instant = fc.date({ min: new Date("2020-01-01"), max: new Date("2099-12-31"), noInvalidDate: true });
  fc.assert(
    fc.property(instant, instant, (one, other) => {
      const [first, second] = [backupFileName(one, "manual"), backupFileName(other, "manual")];
      expect(isBackupFileName(first)).toBe(true);
      expect(isBackupFileName(`${first}.partial`)).toBe(false);
      expect(Math.sign(first < second ? -1 : first > second ? 1 : 0)).toBe(Math.sign(one.getTime() - other.getTime()));
    }),
  );
});

test("the name of an entry is short, stays where it is put, and is as distinct as the table", () => {
  const identifier = fc.string({ unit: "binary", minLength: 1, maxLength: 63 });
  fc.assert(
    fc.property(
      identifier,
      identifier,
      fc.nat(9_998),
      fc.integer({ min: 1, max: 999_999 }),
      (schema, name, at, chunk) => {
        const entry = chunkEntry({ schema, name }, at, chunk);
        expect(entry).toMatch(/^tables\/\d{4}-[a-z0-9_.]{1,40}\/\d{6}\.copy\.gz$/);
        expect(Buffer.byteLength(entry)).toBeLessThan(100);
        expect(chunkEntry({ schema, name }, at, chunk)).toBe(entry);
        expect(entry.slice(7, 11)).toBe(String(at + 1).padStart(4, "0"));
      },
    ),
  );
});

test("no bytes become longer under gzip than a reader takes", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 5_000, size: "max" }), (bytes) => {
      expect(gzipSync(bytes, { level: 1 }).length).toBeLessThanOrEqual(longestCompressed(bytes.length));
    }),
  );
});
