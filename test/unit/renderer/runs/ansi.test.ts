import fc from "fast-check";
import { expect, test } from "vitest";
import { partsOf, PLAIN, textOf } from "../../../../renderer/features/runs/log/ansi.ts";
import { nearestColour, paletteColour } from "../../../../renderer/features/runs/log/ansi-colours.ts";
import { withoutAnsi } from "../../../../main/runs/log-lines.ts";

const ESC = "\u001b";
const controls = (line: string) => partsOf(line).flatMap(({ control }) => (control === null ? [] : [control]));
/** What no part of a log may reach the page with. */
const HIDDEN =
  // oxlint-disable-next-line no-control-regex
  /[\u0000-\u0008\u000a-\u001f\u007f-\u009f\u2028-\u202e\u2066-\u2069]/;

test("a line without sequences is one part, an empty one is none", () => {
  expect(partsOf("hello")).toEqual([{ text: "hello", style: PLAIN, control: null }]);
  expect(partsOf("")).toEqual([]);
});

test("colours and weights hold until they are taken back", () => {
  const [first, second, third] = partsOf(`${ESC}[1;31mbad${ESC}[22m less${ESC}[0m plain`);
  expect(first).toMatchObject({ text: "bad", style: { foreground: "red", bold: true } });
  expect(second).toMatchObject({ text: " less", style: { foreground: "red", bold: false } });
  expect(third).toEqual({ text: " plain", style: PLAIN, control: null });
});

test("256 and true colours become the name nearest to them", () => {
  expect(partsOf(`${ESC}[38;5;196mx`)[0]?.style.foreground).toBe("bright-red");
  expect(partsOf(`${ESC}[48;2;0;120;0mx`)[0]?.style.background).toBe("green");
  expect(partsOf(`${ESC}[38:5:12mx`)[0]?.style.foreground).toBe("bright-blue");
  expect(paletteColour(256)).toBeNull();
  expect(nearestColour(250, 250, 250)).toBe("bright-white");
  expect(nearestColour(300, 0, 0)).toBeNull();
});

test("a code that follows a colour still counts", () => {
  expect(partsOf(`${ESC}[38;5;1;4mx`)[0]?.style).toMatchObject({ foreground: "red", underline: true });
});

test("titles, links and the cursor leave no trace but the text of the link", () => {
  const line = `${ESC}]0;title\u0007a ${ESC}]8;;https://example.org\u0007link${ESC}]8;;${ESC}\\ b${ESC}[2J${ESC}[3;4H.`;
  expect(textOf(partsOf(line))).toBe("a link b.");
  expect(controls(line)).toEqual([]);
});

test("a carriage return goes back to the beginning of the line", () => {
  expect(textOf(partsOf("10%\r50%\r100%"))).toBe("100%");
  expect(textOf(partsOf("hello world\rbye"))).toBe("byelo world");
  expect(textOf(partsOf(`hello world\r${ESC}[Kbye`))).toBe("bye");
  expect(textOf(partsOf("done\r"))).toBe("done");
});

test("control characters stand by their names and never as themselves", () => {
  expect(controls("a\u0000b\u0007c\u007f\u0085\u0090")).toEqual(["NUL", "BEL", "DEL", "NEL", "U+0090"]);
  expect(controls("\u202eabc\u2066\u2028")).toEqual(["RLO", "LRI", "LS"]);
  expect(textOf(partsOf("a\u202eb"))).toBe("ab");
});

test("a tab stays one: the page gives it its width", () => {
  expect(textOf(partsOf("a\tb"))).toBe("a\tb");
});

const terminalText = fc
  .array(
    fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom(
        ESC,
        `${ESC}[`,
        `${ESC}]8;;`,
        "\u009b",
        "m",
        "31",
        ";",
        "K",
        "\u0007",
        `${ESC}\\`,
        "\r",
        "\t",
        "x",
      ),
      fc.nat({ max: 260 }).map((code) => `${ESC}[${code}m`),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(""));

test("any text is taken apart without an error and never becomes longer", () => {
  fc.assert(
    fc.property(terminalText, (line) => {
      const parts = partsOf(line);
      const shown = parts.reduce((sum, { text, control }) => sum + (control === null ? text.length : 1), 0);
      expect(shown).toBeLessThanOrEqual(line.length);
      expect(HIDDEN.test(textOf(parts))).toBe(false);
    }),
  );
});

test("what is shown is what the search of the control plane looks in, control characters aside", () => {
  fc.assert(
    fc.property(
      terminalText.map((line) => line.replaceAll("\r", "")),
      (line) => {
        const searched = [...withoutAnsi(line)].filter((character) => !HIDDEN.test(character)).join("");
        expect(textOf(partsOf(line))).toBe(searched);
      },
    ),
  );
});
