import { execFileSync } from "node:child_process";
import fc from "fast-check";
import { expect, test } from "vitest";
import { parseCrontab } from "../../../../main/routines/crontab/parse.ts";

const only = (text: string) => {
  const { jobs, left } = parseCrontab(text);
  const [job] = jobs;
  if (!job || jobs.length > 1) throw new Error(`not one job: ${JSON.stringify(left)}`);
  return job;
};

test("a job is its five fields and what stands behind them, to the letter", () => {
  expect(only("\t*/5  0\t1,15 * sun   /bin/run  --a  'b c' # d ")).toMatchObject({
    line: 1,
    expression: "*/5 0 1,15 * sun",
    script: "/bin/run  --a  'b c' # d ",
    title: "run",
  });
  expect(only("@hourly A=1 /opt/x.sh\r\n")).toMatchObject({ expression: "@hourly", title: "x.sh" });
});

test("variables count for the jobs below them, with quotes and blanks as cron takes them", () => {
  const { jobs } = parseCrontab(
    ["A=1", "0 1 * * * one", 'A = " two "', "'B'=x=y", "CRON_TZ=Asia/Tokyo", "SHELL=/bin/bash", "0 2 * * * two"].join(
      "\n",
    ),
  );
  expect(
    jobs.map(({ env, zone, shell }) => ({ env: env.map(({ key, value, line }) => [line, key, value]), zone, shell })),
  ).toEqual([
    { env: [[1, "A", "1"]], zone: null, shell: null },
    {
      env: [
        [3, "A", " two "],
        [4, "B", "x=y"],
      ],
      zone: "Asia/Tokyo",
      shell: "/bin/bash",
    },
  ]);
});

test("a comment right above a job is its title; a heading, a gap and a job commented out are none", () => {
  const titles = parseCrontab(
    [
      "# Edit this file",
      "# m h  dom mon dow   command",
      "0 1 * * * first",
      "# Clean up",
      "# the old files",
      "0 2 * * * second",
      "# Far away",
      "",
      "0 3 * * * third",
      "# Clean up",
      "0 4 * * * fourth",
      "# 0 5 * * * gone",
      "0 6 * * * sixth",
    ].join("\n"),
  ).jobs.map(({ title }) => title);
  expect(titles).toEqual(["first", "Clean up", "third", "Clean up (2)", "sixth"]);
});

test.each([
  ["@reboot start", /when the machine starts/],
  ["0 25 * * * never", /at character 3/],
  ["0 1 * * *", /no five fields/],
  ["@fortnightly x", /at character 1/],
  ["0 1 * * *  %x", /no command/],
  ["0 1 * * * echo {{name}}", /variable/],
])("%j is left with its reason", (line, why) => {
  expect(parseCrontab(line)).toMatchObject({ jobs: [], left: [{ line: 1, why: expect.stringMatching(why) }] });
});

const run = (script: string) => execFileSync("/bin/sh", ["-c", script], { encoding: "utf8" });

test("what stands behind a percent sign is the input of the command, line by line, and an escaped one is the sign", () => {
  expect(run(only("0 0 * * * cat; echo 5\\%%one%two \\% $HOME").script)).toBe("one\ntwo % $HOME\n5%\n");
  expect(run(only("0 0 * * * cat%END_OF_INPUT%END_OF_INPUT_").script)).toBe("END_OF_INPUT\nEND_OF_INPUT_\n");
  expect(run(only("0 0 * * * wc -c # counts%").script).trim()).toBe("0");
});

const inputs = fc.array(fc.stringMatching(/^[ -~]{0,20}$/), { minLength: 1, maxLength: 4 });

test("whatever the input is, the shell gets it as it stands", () => {
  fc.assert(
    fc.property(inputs, (lines) => {
      const text = lines.map((line) => line.replaceAll("{{", "{").replaceAll("\\", "/"));
      const cron = text.map((line) => line.replaceAll("%", "\\%")).join("%");
      expect(run(only(`0 0 * * * cat%${cron}`).script)).toBe(cron === "" ? "" : `${text.join("\n")}\n`);
    }),
    { numRuns: 60 },
  );
});

test("whatever a file holds, each line is a job, a variable, a comment, blank, or left with a reason", () => {
  const line = fc.oneof(
    fc.string({ maxLength: 30, unit: "grapheme" }),
    fc.constantFrom(
      "A=1",
      "# x",
      "",
      "0 0 * * * run",
      "@daily go",
      "@reboot x",
      "* * *",
      "%",
      "=",
      "0 0 * * * a%b\\%c",
    ),
  );
  fc.assert(
    fc.property(fc.array(line, { maxLength: 12 }), (lines) => {
      const { jobs, left } = parseCrontab(lines.join("\n"));
      const titles = jobs.map(({ title }) => title.toLowerCase());
      expect(new Set(titles).size).toBe(titles.length);
      const numbers = [...jobs, ...left].map((one) => one.line);
      expect(new Set(numbers).size).toBe(numbers.length);
    }),
  );
});
