import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { id } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

/** What the operator is told of on the desktop. Titles of routines and counts; no output of a run and no value. */
const notice = z.object({
  /** The newer of two with the same tag takes the older one's place. */
  tag: z.string(),
  kind: z.enum(["failing", "recovered", "missed", "held"]),
  companyId: id,
  title: z.string(),
  body: z.string(),
  /** The place of the panel that shows more. */
  to: z.string(),
});
export type Notice = z.infer<typeof notice>;

export const notifications = {
  follow: area
    .route({ summary: "What is worth a notification on the desktop, as it happens" })
    .output(eventIterator(notice)),
};
