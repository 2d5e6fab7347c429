import { expect, test } from "vitest";
import { turning } from "../../main/turning.ts";

test("what fails to close refuses whoever asks for it, instead of letting them wait, and can be opened again", async () => {
  let isBroken = true;
  const close = async () => {
    if (isBroken) throw new Error("it does not close");
  };
  const doors = turning(async () => ({ close }));
  await doors.open({});
  await expect(doors.open({})).rejects.toThrow("it does not close");
  await expect(doors.current()).rejects.toThrow("it does not close");
  isBroken = false;
  await doors.open({});
  expect(doors.now()).toEqual({ close });
});
