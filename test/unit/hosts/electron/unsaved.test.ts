import { expect, test } from "vitest";
import { createUnsavedInput } from "../../../../main/hosts/electron/unsaved.ts";

const connection = () => new EventTarget();
const end = (of: EventTarget) => of.dispatchEvent(new Event("close"));

test("the newest word of the page stands", () => {
  const unsaved = createUnsavedInput();
  expect(unsaved.current()).toBeNull();
  const note = unsaved.listenTo(connection());
  note("Nightly triage");
  expect(unsaved.current()).toBe("Nightly triage");
  note(null);
  expect(unsaved.current()).toBeNull();
});

test("a page that is gone has nothing unsaved, whatever of it still arrives", () => {
  const unsaved = createUnsavedInput();
  const [first, second] = [connection(), connection()];
  const noteFirst = unsaved.listenTo(first);
  noteFirst("Nightly triage");
  end(first);
  noteFirst("Nightly triage");
  expect(unsaved.current()).toBeNull();
  const noteSecond = unsaved.listenTo(second);
  noteSecond("Release notes");
  noteFirst(null);
  expect(unsaved.current()).toBe("Release notes");
});
