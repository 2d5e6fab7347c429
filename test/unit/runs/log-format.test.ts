import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { cutLines, parseRecord, recordPrefix } from "../../../main/runs/log-format.ts";

const at = new Date("2026-03-08T07:00:00.000Z");

describe("log format", () => {
  it("reads a record as it was written", () => {
    const record = Buffer.concat([recordPrefix(at, "stderr", true), Buffer.from("a line – with é\r")]);
    expect(parseRecord(record)).toEqual({ at: at.toISOString(), stream: "stderr", text: "a line – with é" });
  });

  it("replaces bytes that are not UTF-8, and knows what is no record", () => {
    const record = Buffer.concat([recordPrefix(at, "stdout", false), Buffer.from([0x61, 0xff, 0x62])]);
    expect(parseRecord(record)?.text).toBe("a\ufffdb");
    expect(parseRecord(Buffer.from("2026-03-08 stdout F x"))).toBeNull();
    expect(parseRecord(Buffer.from("2026-03-08T07:00:00.000Z stdin F x"))).toBeNull();
  });

  it("keeps a line open until its newline or the end", () => {
    const data = Buffer.from("one\n\ntwo");
    expect(cutLines(data, false)).toEqual({
      pieces: [
        { start: 0, end: 3, whole: true },
        { start: 4, end: 4, whole: true },
      ],
      rest: 5,
    });
    expect(cutLines(data, true).pieces.at(-1)).toEqual({ start: 5, end: 8, whole: true });
    expect(cutLines(data, true).rest).toBe(8);
  });

  it("cuts long lines between characters", () => {
    const { pieces } = cutLines(Buffer.from(`${"ab€".repeat(3)}\n`), false, 4);
    expect(pieces.map(({ start, end, whole }) => [start, end, whole])).toEqual([
      [0, 2, false],
      [2, 6, false],
      [6, 10, false],
      [10, 12, false],
      [12, 15, true],
    ]);
  });

  it("loses no byte, however the stream is cut", () => {
    const bytes = fc.array(fc.constantFrom(0x0a, 0x61, 0xc3, 0xa9, 0xff, 0x80), { maxLength: 60 });
    fc.assert(
      fc.property(fc.array(bytes, { maxLength: 8 }), fc.integer({ min: 1, max: 9 }), (chunks, longest) => {
        let open = Buffer.alloc(0);
        let text = "";
        const take = (data: Buffer, over: boolean) => {
          const { pieces, rest } = cutLines(data, over, longest);
          for (const { start, end, whole } of pieces) {
            expect(end - start).toBeLessThanOrEqual(longest);
            text += data.subarray(start, end).toString("latin1") + (whole ? "\n" : "");
          }
          return data.subarray(rest);
        };
        for (const chunk of chunks) open = Buffer.from(take(Buffer.concat([open, Buffer.from(chunk)]), false));
        take(open, true);
        const whole = Buffer.from(chunks.flat()).toString("latin1");
        expect(text).toBe(whole === "" || whole.endsWith("\n") ? whole : `${whole}\n`);
      }),
    );
  });
});
