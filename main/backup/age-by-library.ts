import { Worker } from "node:worker_threads";
import type { AgeTask, FromAgeThread, ToAgeThread } from "./age-messages.ts";
import { Damaged, NotOpened } from "./damaged.ts";

/** Bytes of a piece that is handed over at once: small ones are gathered. */
const PIECE = 256 * 1024;

/**
 * Encrypts or decrypts a stream in the age format as `age.ts` does, by the library, in JavaScript: on a thread of its own from
 * its built `entry`; a few pieces are held. Ends its thread when the reader leaves.
 */
export async function* throughLibrary(
  entry: string,
  task: AgeTask,
  input: AsyncIterable<Uint8Array>,
): AsyncGenerator<Buffer, void, undefined> {
  const thread = new Worker(entry, { env: {}, execArgv: [], stdin: false });
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread has no origin
  const say = (message: ToAgeThread) => thread.postMessage(message);
  const pieces: Buffer[] = [];
  let wanted = 0;
  let ended = false;
  let failure: unknown = null;
  let wake: () => void = () => undefined;
  let wakeSource: () => void = () => undefined;
  const wakeAll = () => (wake(), wakeSource());
  const fail = (error: unknown) => {
    failure ??= error;
    wakeAll();
  };
  thread.on("message", (message: FromAgeThread) => {
    if (message.type === "used") wanted += 1;
    else if (message.type === "piece") pieces.push(Buffer.from(message.piece));
    else if (message.type === "end") ended = true;
    else if (message.why === "wrong") fail(new NotOpened("it is not opened by what was given"));
    else fail(new Damaged("it is no file of the age format, or was changed since"));
    wakeAll();
  });
  thread.on("error", fail);
  thread.on("exit", () => fail(new Error("the thread of the encryption ended early")));
  say({ type: "begin", task });

  const feed = async () => {
    for await (const piece of gathered(input)) {
      while (wanted === 0 && failure === null) await new Promise<void>((resolve) => (wakeSource = resolve));
      if (failure !== null) return;
      wanted -= 1;
      say({ type: "piece", piece });
    }
    say({ type: "end" });
  };
  const fed = feed().catch(fail);
  try {
    for (;;) {
      const piece = pieces.shift();
      if (piece) {
        say({ type: "used" });
        yield piece;
      } else if (failure !== null) {
        throw failure;
      } else if (ended) {
        return;
      } else {
        await new Promise<void>((resolve) => (wake = resolve));
      }
    }
  } finally {
    fail(new Error("nobody reads any more"));
    await thread.terminate();
    await fed;
  }
}

async function* gathered(input: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let held: Uint8Array[] = [];
  let bytes = 0;
  for await (const piece of input) {
    held.push(piece);
    bytes += piece.byteLength;
    if (bytes < PIECE) continue;
    yield Buffer.concat(held);
    held = [];
    bytes = 0;
  }
  if (bytes > 0) yield Buffer.concat(held);
}
