/** The part of a connection that tells of its end. */
interface Ending {
  addEventListener(type: "close", listener: () => void): void;
}

/** The input of the panel that is not saved, as its page tells of it. */
export interface UnsavedInput {
  /** The name of what is edited, or null where all is saved. */
  current(): string | null;
  /** Hears from a new page, whose connection this is, in the place of the one before; its word ends with it. */
  listenTo(connection: Ending): (what: string | null) => void;
}

export function createUnsavedInput(): UnsavedInput {
  let page: { what: string | null } = { what: null };
  return {
    current: () => page.what,
    listenTo: (connection) => {
      const own: { what: string | null } = { what: null };
      page = own;
      let isOver = false;
      connection.addEventListener("close", () => {
        isOver = true;
        own.what = null;
      });
      return (what) => {
        // A call may still be under way when its page is gone.
        if (!isOver) own.what = what;
      };
    },
  };
}
