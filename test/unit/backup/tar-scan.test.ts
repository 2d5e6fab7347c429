import { expect, test } from "vitest";
import { createTarScan } from "../../../main/backup/tar-scan.ts";

test("a tar of another hand is said to be one, and not to be none", () => {
  // As GNU tar writes its numbers: eleven digits and a NUL.
  const head = Buffer.alloc(512);
  head.write("letter.txt");
  head.write("0000644\0", 100, "latin1");
  head.write("00000000003\0", 124, "latin1");
  head.write("0ustar  \0", 156, "latin1");
  head.write("        ", 148, "latin1");
  const sum = head.reduce((all, byte) => all + byte, 0);
  head.write(`${sum.toString(8).padStart(6, "0")}\0 `, 148, "latin1");
  expect(() => createTarScan()(head)).toThrow("this app did not write it, or it was changed since");
});
