import type { Meta } from "@storybook/react-vite";
import type { LogLine } from "../../../../preload/contract/runs.ts";
import { partStory } from "../../../stories/panel-story.tsx";
import { idOf } from "../../../stories/records/ids.ts";
import { aLogLine } from "../../../stories/records/runs.ts";
import { LogView } from "./log-view.tsx";

export default { title: "Runs/Log" } satisfies Meta;

const view = (
  <div style={{ display: "flex", height: "30rem" }}>
    <LogView
      of={{ company: idOf("company"), run: idOf("run"), attempt: 1 }}
      live={false}
      facts={<span className="quiet small">3 values masked</span>}
      none="The process printed nothing."
      gone={null}
    />
  </div>
);

const numbered = (line: LogLine, number: number) => ({ ...line, number });

function logOf(lines: readonly LogLine[]) {
  return partStory(view, {
    answers: {
      "runs.logLines": ({ from, count }) => ({
        lines: lines.slice(from, from + count).map((line, index) => numbered(line, from + index)),
        total: lines.length,
        complete: true,
      }),
    },
  });
}

const textLog = (...texts: readonly string[]) => logOf(texts.map((text) => aLogLine({ text })));

const ESC = "\u001b";
const sixteen = (first: number) =>
  Array.from({ length: 8 }, (_, at) => `${ESC}[${first + at}m colour ${first + at} ${ESC}[0m`);

export const Colours = textLog(
  sixteen(30).join(""),
  sixteen(90).join(""),
  sixteen(40).join(""),
  sixteen(100).join(""),
  `${ESC}[38;5;208m256${ESC}[0m ${ESC}[38;2;10;200;90mtrue colour${ESC}[0m ${ESC}[31;7minverse${ESC}[0m`,
  `${ESC}[1mbold${ESC}[0m ${ESC}[2mdim${ESC}[0m ${ESC}[3mitalic${ESC}[0m ${ESC}[4munderlined${ESC}[0m`,
  `a ${ESC}]8;;https://example.org\u0007link${ESC}]8;;\u0007 as text, and no title${ESC}]0;title\u0007`,
  "progress 10%\rprogress 50%\rprogress 100%",
);
export const ControlCharacters = textLog("nul \u0000 bell \u0007 delete \u007f next line \u0085", "tab\tstays\ta tab");
export const Directions = textLog(
  "تقرير يومي: اكتمل 5 من 10 مهام",
  "left שלום right 123",
  "an override \u202eis shown\u202c and an isolate \u2066too\u2069",
);
export const HostileText = textLog("<script>alert(1)</script>", "<img src=x onerror=alert(1)> &amp; <b>bold</b>");
export const LongLines = textLog("x".repeat(65_000), "long words ".repeat(600), "the last one");
export const Streams = logOf([
  aLogLine({ text: "ordinary output" }),
  aLogLine({ stream: "stderr", text: "a warning" }),
  aLogLine({ stream: "system", text: "The run was asked to end." }),
]);
export const Empty = logOf([]);
export const AMillionLines = partStory(view, {
  answers: {
    "runs.logLines": ({ from, count }) => ({
      lines: Array.from({ length: Math.max(0, Math.min(count, 1_000_000 - from)) }, (_, index) => ({
        ...aLogLine({ text: `line ${from + index + 1} of a million` }),
        number: from + index,
      })),
      total: 1_000_000,
      complete: true,
    }),
  },
});
export const Searched = partStory(view, {
  answers: {
    "runs.logLines": ({ from, count }) => ({
      lines: Array.from({ length: Math.max(0, Math.min(count, 500 - from)) }, (_, index) => ({
        ...aLogLine({ text: `labelled issue ${from + index}` }),
        number: from + index,
      })),
      total: 500,
      complete: true,
    }),
    "runs.logSearch": { matches: [120, 220], more: false },
  },
  act: async ({ screen, user }) => {
    await user.type(await screen.findByRole("searchbox"), "20");
    await screen.findByText("2 lines");
    await user.keyboard("{Enter}");
  },
});
