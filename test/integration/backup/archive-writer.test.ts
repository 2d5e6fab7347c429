import { createReadStream } from "node:fs";
import path from "node:path";
import { extract } from "tar-stream";
import { expect, test } from "vitest";
import { createArchive } from "../../../main/backup/archive-writer.ts";
import { testHome } from "../../fixtures/home.ts";

test("a time that no head holds is the nearest one that does", async () => {
  const home = await testHome();
  try {
    const file = path.join(home.base, "times.tar");
    const archive = await createArchive(file, new Date("2101-01-01T00:00:00.500Z"));
    const empty = { bytes: 0, executable: false };
    const none = async function* (): AsyncGenerator<Buffer> {};
    await archive.add("far", Buffer.from("far"));
    await archive.addStream({ name: "early", modifiedAt: new Date("1969-12-31T23:59:58.700Z"), ...empty }, none());
    await archive.addStream({ name: "then", modifiedAt: new Date("2026-04-01T12:00:00.900Z"), ...empty }, none());
    await archive.addLink({ name: "link", target: "then", modifiedAt: new Date("1901-01-01T00:00:00.000Z") });
    await archive.finish();
    const tar = extract();
    createReadStream(file).pipe(tar);
    const times: [string, string | undefined][] = [];
    for await (const entry of tar) {
      times.push([entry.header.name, entry.header.mtime?.toISOString()]);
      entry.resume();
    }
    expect(times).toEqual([
      ["far", "2038-01-19T03:14:07.000Z"],
      ["early", "1970-01-01T00:00:00.000Z"],
      ["then", "2026-04-01T12:00:00.000Z"],
      ["link", "1970-01-01T00:00:00.000Z"],
    ]);
  } finally {
    await home.remove();
  }
});
