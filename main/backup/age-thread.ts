import { parentPort } from "node:worker_threads";
import { Decrypter, Encrypter } from "age-encryption";
import { identityWith, recipientWith } from "./age-head.ts";
import type { AgeTask, FromAgeThread, ToAgeThread } from "./age-messages.ts";

/**
 * The entry of the thread that encrypts and decrypts in the age format: one task, then it is ended. It is a thread of its
 * own because encryption in JavaScript would hold up everything else.
 */

/** Pieces of the answer that may be on their way. */
const AHEAD = 8;

const port = parentPort;
if (!port) throw new Error("this is the entry of a thread");
const say = (message: FromAgeThread) => port.postMessage(message);

let ahead = 0;
let room: () => void = () => undefined;
let source: ReadableStreamDefaultController<Uint8Array> | null = null;

const input = new ReadableStream<Uint8Array>(
  {
    start: (controller) => void (source = controller),
    pull: () => say({ type: "used" }),
  },
  { highWaterMark: 0 },
);

port.on("message", (message: ToAgeThread) => {
  switch (message.type) {
    case "begin":
      void perform(message.task);
      break;
    case "piece":
      source?.enqueue(message.piece);
      break;
    case "end":
      source?.close();
      break;
    case "used":
      ahead -= 1;
      room();
      break;
  }
});

async function perform(task: AgeTask): Promise<void> {
  let output: ReadableStream<Uint8Array>;
  try {
    output = await streamOf(task);
  } catch (error) {
    const wrong = error instanceof Error && /no identity matched/.test(error.message);
    return say({ type: "failed", why: wrong ? "wrong" : "damaged" });
  }
  try {
    for await (const piece of output) {
      while (ahead >= AHEAD) await new Promise<void>((resolve) => (room = resolve));
      ahead += 1;
      say({ type: "piece", piece });
    }
    say({ type: "end" });
  } catch {
    say({ type: "failed", why: "damaged" });
  }
}

async function streamOf(task: AgeTask): Promise<ReadableStream<Uint8Array>> {
  if (task.type === "open") {
    const decrypter = new Decrypter();
    decrypter.addIdentity("derived" in task.by ? identityWith(task.by.derived) : task.by.identity);
    return decrypter.decrypt(input);
  }
  const encrypter = new Encrypter();
  encrypter.addRecipient("derived" in task.to ? await recipientWith(task.to.derived) : task.to.recipient);
  return encrypter.encrypt(input);
}
