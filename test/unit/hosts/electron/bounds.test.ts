import { expect, test } from "vitest";
import { placeWindow } from "../../../../main/hosts/electron/bounds.ts";

const main = { x: 0, y: 25, width: 1_920, height: 1_055 };
const left = { x: -1_280, y: 0, width: 1_280, height: 1_024 };
const kept = { x: 100, y: 100, width: 1_100, height: 700, maximized: false };

test("a window that can be seen opens where it was", () => {
  expect(placeWindow(kept, [main])).toEqual(kept);
  const onTheLeft = { ...kept, x: -1_200, maximized: true };
  expect(placeWindow(onTheLeft, [main, left])).toEqual(onTheLeft);
});

test.each([
  ["on a display that is gone", { x: -1_200 }],
  ["above the bar", { y: 0 }],
  ["below the display", { y: 1_070 }],
  ["but for a sliver beside it", { x: 1_900 }],
])("a window %s opens in the middle", (_where, change) => {
  expect(placeWindow({ ...kept, ...change }, [main])).toEqual({ width: 1_200, height: 800, maximized: false });
});

test("a window is no larger than its display and no smaller than the panel needs", () => {
  expect(placeWindow({ ...kept, width: 5_000, height: 3_000 }, [main])).toMatchObject({ width: 1_920, height: 1_055 });
  expect(placeWindow({ ...kept, width: 300, height: 100 }, [main])).toMatchObject({ width: 900, height: 600 });
  expect(placeWindow(null, [{ x: 0, y: 0, width: 1_024, height: 720 }])).toMatchObject({ width: 1_024, height: 720 });
  expect(placeWindow(null, [{ x: 0, y: 0, width: 640, height: 480 }])).toMatchObject({ width: 900, height: 600 });
});

test("without any display the usual size stands", () => {
  expect(placeWindow(kept, [])).toEqual({ width: 1_200, height: 800, maximized: false });
});
