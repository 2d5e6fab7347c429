import { eventIterator, oc } from "@orpc/contract";
import { z } from "zod";
import { company } from "./common.ts";
import { errorMap } from "./errors.ts";

const area = oc.errors(errorMap);

const shellInfo = z.object({
  /** What shows the panel: the product's own window, a browser, or nothing (the control socket). */
  host: z.enum(["window", "browser", "control"]),
  /** As Node names it, such as `linux`, `darwin` or `win32`. */
  platform: z.string(),
  canOpenFolder: z.boolean(),
});
export type ShellInfo = z.infer<typeof shellInfo>;

/** What the native menu and the tray ask the panel to do: go to one of its places, or open the command palette. */
const shellCommand = z.discriminatedUnion("command", [
  /** In another company than the one that is shown where one is named. */
  z.object({ command: z.literal("go"), to: z.string(), company: z.string().optional() }),
  z.object({ command: z.literal("palette") }),
]);
export type ShellCommand = z.infer<typeof shellCommand>;

/** `download`: the page goes to `href`, which is good once and for a minute. */
const savedFile = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("saved"), name: z.string() }),
  z.object({ outcome: z.literal("cancelled") }),
  z.object({ outcome: z.literal("download"), href: z.string() }),
]);
export type SavedFile = z.infer<typeof savedFile>;

/** `added`: it is in the folder of backups under that name. `upload`: the page sends it to `href`, within a minute. */
const addedBackup = z.discriminatedUnion("outcome", [
  z.object({ outcome: z.literal("added"), file: z.string() }),
  z.object({ outcome: z.literal("cancelled") }),
  z.object({ outcome: z.literal("upload"), href: z.string() }),
]);

export const shell = {
  info: area.route({ summary: "What shows the panel, and what it can do on this machine" }).output(shellInfo),
  commands: area
    .route({ summary: "What the native menu asks the panel to do, as it is asked" })
    .output(eventIterator(shellCommand)),
  unsaved: area
    .route({ summary: "Note what input of the panel is not saved, for the question before its window closes" })
    // The name of what is edited; null where all is saved.
    .input(z.object({ what: z.string().max(200).nullable() }))
    .output(z.object({ noted: z.literal(true) })),
  openDataFolder: area
    .route({ summary: "Show the instance folder in the file manager; in the window only" })
    .output(z.object({ opened: z.literal(true) })),
  saveLog: area
    .route({ summary: "Save the masked log of an attempt as a text file, where the panel is shown" })
    .input(z.object({ company, run: z.string().min(1).max(64), attempt: z.int().min(1).optional() }))
    .output(savedFile),
  saveBackup: area
    .route({ summary: "Save a copy of a backup of the folder, where the panel is shown" })
    .input(z.object({ file: z.string().min(1).max(200) }))
    .output(savedFile),
  addBackup: area
    .route({ summary: "Take a backup from elsewhere into the folder: the window asks which, a browser sends it" })
    .input(
      z.object({
        /** What a browser is about to send; the window has a dialog of its own. */
        file: z.object({ name: z.string().max(300), bytes: z.int().min(0) }).optional(),
      }),
    )
    .output(addedBackup),
};
