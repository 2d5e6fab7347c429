import { expect, test } from "vitest";
import { asTyped, launchedBy } from "../../../../main/hosts/cli/launch.ts";

const npm = { npm_package_name: "paperclip-desktop", npm_lifecycle_event: "cli", INIT_CWD: "/home/someone/files" };

test("hints name the command as it can be typed where the command line was started", () => {
  const hint = "Start it with `paperclip-desktop serve`, or see `paperclip-desktop status`.";
  expect(asTyped(hint, launchedBy({}, []))).toBe(hint);
  expect(asTyped(hint, launchedBy(npm, []))).toBe(
    "Start it with `npm run --silent cli -- serve`, or see `npm run --silent cli -- status`.",
  );
  expect(asTyped("The paperclip-desktop window is open.", launchedBy(npm, []))).toBe(
    "The paperclip-desktop window is open.",
  );
});

test("relative paths are meant from where npm was called", () => {
  expect(launchedBy(npm, []).directory).toBe("/home/someone/files");
  expect(launchedBy({ ...npm, npm_lifecycle_event: "test" }, [])).toMatchObject({
    program: "paperclip-desktop",
    directory: null,
  });
  expect(launchedBy({ ...npm, npm_package_name: "another" }, []).directory).toBe(null);
});

test("hints are about the instance and the company that the command line chose", () => {
  const argv = ["--home=/a b", "stop", "--instance", "second", "--company", "it's"];
  expect(asTyped("End it with `paperclip-desktop stop`.", launchedBy({}, argv))).toBe(
    "End it with `paperclip-desktop --home '/a b' --instance second --company 'it'\\''s' stop`.",
  );
});
