import path from "node:path";
import type { z } from "zod";
import { presetOf, RETENTION_PRESETS, retentionPresetNames } from "../../preload/rules/retention.ts";
import { Refusal } from "../contract/refusal.ts";
import { configFile } from "./config-form.ts";
import { redactUrl } from "./connection-url.ts";
import { makePrivateDirectory, readIfThere, writePrivateFile } from "./permissions.ts";
import type { InstancePaths } from "./paths.ts";

/** The settings of an instance, with defaults filled in. */
export interface Config {
  readonly version: 1;
  readonly database: { readonly mode: "embedded" | "postgres"; readonly connectionString?: string };
  readonly secrets: {
    readonly provider: string;
    /** Refuses plain values where a secret belongs. */
    readonly strictMode: boolean;
    /** Where the master key is kept. It is changed by moving the key, never here alone. */
    readonly custody: "file" | "keychain";
    /** Absolute. Left out where the default place is meant. */
    readonly keyFilePath?: string;
  };
  /** All of them are asked for whenever they matter. */
  readonly backups: {
    /** Whether backups are taken by interval. */
    readonly enabled: boolean;
    readonly intervalMinutes: number;
    /** Days after which the newest backup is restored for proof; 0: never by itself. */
    readonly proveEveryDays: number;
    /** How many of each tier are kept. */
    readonly keepHourly: number;
    readonly keepDaily: number;
    readonly keepWeekly: number;
    readonly keepMonthly: number;
    /** What the backups of the database may take together; 0: no limit. */
    readonly maxMebibytes: number;
    /** Days after which everything is backed up, encrypted to the recovery code in force; 0: never by itself. */
    readonly fullEveryDays: number;
    /** How many of each tier are kept of the full backups that were taken by themselves. */
    readonly fullKeepDaily: number;
    readonly fullKeepWeekly: number;
    readonly fullKeepMonthly: number;
    /** What those may take together; 0: no limit. */
    readonly fullMaxMebibytes: number;
  };
  readonly runs: {
    /** Runs that execute at once. */
    readonly concurrency: number;
    /** What the log of one run may hold, in bytes. */
    readonly logLimitBytes: number;
    /** Logs of attempts that ended longer ago are removed; 0 for never by age. */
    readonly logRetentionDays: number;
    /** What all logs may hold together, in bytes, before the oldest are removed; 0 for any size. */
    readonly logTotalBytes: number;
  };
  /** Where webhooks are listened for on 127.0.0.1. It stays the same, because senders know it. */
  readonly webhooks: { readonly port: number };
  /** Which notifications there are on the desktop. */
  readonly notifications: {
    /** A routine begins to fail, or works again. */
    readonly outcomes: boolean;
    /** Slots were missed, or are held. */
    readonly missed: boolean;
  };
}

type Json = z.core.util.JSONType;
type JsonObject = { [key: string]: Json };

/** The sections that an operator sees, with the place of each setting in the file. */
const settings = {
  database: { mode: ["database", "mode"], connectionString: ["database", "connectionString"] },
  secrets: {
    provider: ["secrets", "provider"],
    strictMode: ["secrets", "strictMode"],
    custody: ["secrets", "custody"],
    keyFilePath: ["secrets", "localEncrypted", "keyFilePath"],
  },
  backups: {
    enabled: ["backups", "enabled"],
    intervalMinutes: ["backups", "intervalMinutes"],
    proveEveryDays: ["backups", "proveEveryDays"],
    keepHourly: ["backups", "keepHourly"],
    keepDaily: ["backups", "keepDaily"],
    keepWeekly: ["backups", "keepWeekly"],
    keepMonthly: ["backups", "keepMonthly"],
    maxMebibytes: ["backups", "maxMebibytes"],
    fullEveryDays: ["backups", "fullEveryDays"],
    fullKeepDaily: ["backups", "fullKeepDaily"],
    fullKeepWeekly: ["backups", "fullKeepWeekly"],
    fullKeepMonthly: ["backups", "fullKeepMonthly"],
    fullMaxMebibytes: ["backups", "fullMaxMebibytes"],
  },
  general: {
    concurrency: ["runs", "concurrency"],
    logLimitBytes: ["runs", "logLimitBytes"],
    logRetentionDays: ["runs", "logRetentionDays"],
    logTotalBytes: ["runs", "logTotalBytes"],
  },
  webhooks: { port: ["webhooks", "port"] },
  notifications: { outcomes: ["notifications", "outcomes"], missed: ["notifications", "missed"] },
} as const satisfies Record<string, Record<string, readonly string[]>>;

export type ConfigSection = keyof typeof settings;

/** Reads `config.json`, or the defaults where there is none. Refuses with `config_invalid`, naming key and file. */
export async function readConfig(paths: InstancePaths): Promise<Config> {
  return interpret(paths, await readObject(paths.config));
}

/**
 * Changes settings of one section and keeps every key that it does not know. `null` puts a setting back to its default.
 * Refuses with `config_invalid`, and changes nothing then.
 */
export async function updateConfig(
  paths: InstancePaths,
  section: ConfigSection,
  values: Readonly<Record<string, Json>>,
): Promise<Config> {
  const file = await readObject(paths.config);
  const before = interpret(paths, file);
  const places: Record<string, readonly string[]> = settings[section];
  for (const [key, value] of Object.entries(section === "backups" ? withoutPreset(values) : values)) {
    const place = places[key];
    if (!place) {
      const known = [...(section === "backups" ? ["preset"] : []), ...Object.keys(places)];
      throw unknownSetting(section, key, known);
    }
    put(file, place, key === "connectionString" ? keepPassword(before, value) : value);
  }
  put(file, ["$meta", "version"], 1);
  const after = interpret(paths, file, refusedChange);
  await makePrivateDirectory(paths.root);
  await writePrivateFile(paths.config, `${JSON.stringify(file, null, 2)}\n`);
  return after;
}

/** One section as an operator may see it: a password in a connection string reads `***`. */
export function settingsView(config: Config, section: ConfigSection): Record<string, Json> {
  switch (section) {
    case "database":
      return {
        mode: config.database.mode,
        connectionString: config.database.connectionString ? redactUrl(config.database.connectionString) : null,
      };
    case "secrets":
      return { ...config.secrets, keyFilePath: config.secrets.keyFilePath ?? null };
    case "backups":
      return { preset: presetOf(tiersOf(config.backups)) ?? "custom", ...config.backups };
    case "general":
      return { ...config.runs };
    case "webhooks":
      return { ...config.webhooks };
    case "notifications":
      return { ...config.notifications };
  }
}

/** The tiers of retention of the backups of the database, by the settings. */
export function tiersOf({ keepHourly, keepDaily, keepWeekly, keepMonthly }: Config["backups"]) {
  return { hourly: keepHourly, daily: keepDaily, weekly: keepWeekly, monthly: keepMonthly };
}

/** Those of full backups, which are a day apart at least. */
export function fullTiersOf({ fullKeepDaily, fullKeepWeekly, fullKeepMonthly }: Config["backups"]) {
  return { hourly: 0, daily: fullKeepDaily, weekly: fullKeepWeekly, monthly: fullKeepMonthly };
}

/** A preset stands for its tiers; a tier that is given beside it counts more. */
function withoutPreset({ preset, ...values }: Readonly<Record<string, Json>>): Readonly<Record<string, Json>> {
  // `custom` is what a view calls tiers that are no preset: saving it again changes nothing.
  if (preset === undefined || preset === "custom") return values;
  const name = preset === null ? "standard" : retentionPresetNames.find((one) => one === preset);
  if (name === undefined) {
    throw new Refusal("config_invalid", "The section backups has no such preset. Nothing was changed.", {
      next: `The presets are ${retentionPresetNames.join(", ")}.`,
      fields: { preset: `must be one of ${retentionPresetNames.join(", ")}` },
    });
  }
  const { hourly, daily, weekly, monthly } = RETENTION_PRESETS[name];
  return { keepHourly: hourly, keepDaily: daily, keepWeekly: weekly, keepMonthly: monthly, ...values };
}

function interpret(paths: InstancePaths, file: JsonObject, refusal = invalidFile): Config {
  const parsed = configFile.safeParse(file);
  if (!parsed.success) throw refusal(paths.config, parsed.error);
  const { database, secrets, backups, runs, webhooks, notifications } = parsed.data;
  const keyFilePath = secrets.localEncrypted.keyFilePath;
  return {
    version: 1,
    database: {
      mode: database.mode ?? (database.connectionString ? "postgres" : "embedded"),
      ...(database.connectionString ? { connectionString: database.connectionString } : {}),
    },
    secrets: {
      provider: secrets.provider,
      strictMode: secrets.strictMode,
      custody: secrets.custody,
      ...(keyFilePath === undefined ? {} : { keyFilePath: path.resolve(paths.root, keyFilePath) }),
    },
    backups: {
      enabled: backups.enabled,
      intervalMinutes: backups.intervalMinutes,
      proveEveryDays: backups.proveEveryDays,
      keepHourly: backups.keepHourly,
      keepDaily: backups.keepDaily,
      keepWeekly: backups.keepWeekly,
      keepMonthly: backups.keepMonthly,
      maxMebibytes: backups.maxMebibytes,
      fullEveryDays: backups.fullEveryDays,
      fullKeepDaily: backups.fullKeepDaily,
      fullKeepWeekly: backups.fullKeepWeekly,
      fullKeepMonthly: backups.fullKeepMonthly,
      fullMaxMebibytes: backups.fullMaxMebibytes,
    },
    runs: {
      concurrency: runs.concurrency,
      logLimitBytes: runs.logLimitBytes,
      logRetentionDays: runs.logRetentionDays,
      logTotalBytes: runs.logTotalBytes,
    },
    webhooks: { port: webhooks.port },
    notifications: { outcomes: notifications.outcomes, missed: notifications.missed },
  };
}

function invalidFile(file: string, error: z.ZodError): Refusal {
  const { key, message, fields } = firstIssue(error);
  return new Refusal("config_invalid", `The setting ${key} in ${file} is not valid: ${message}.`, {
    next: `Correct ${key} in ${file}.`,
    fields,
    details: { file, key },
  });
}

/** The file was valid before: what is wrong was asked for just now. */
function refusedChange(file: string, error: z.ZodError): Refusal {
  const { key, message, fields } = firstIssue(error);
  return new Refusal("config_invalid", `The setting ${key} was not changed: ${message}.`, {
    next: "Give another value.",
    fields,
    details: { file, key },
  });
}

function firstIssue(error: z.ZodError): { key: string; message: string; fields: Record<string, string> } {
  const fields: Record<string, string> = {};
  for (const issue of error.issues) fields[issue.path.join(".") || "config.json"] ??= issue.message;
  const [key = "config.json", message = error.message] = Object.entries(fields)[0] ?? [];
  return { key, message, fields };
}

function unknownSetting(section: string, key: string, known: string[]): Refusal {
  return new Refusal("config_invalid", `The section ${section} has no setting ${key}. Nothing was changed.`, {
    next: `Its settings are ${known.join(", ")}.`,
    fields: { [key]: "is not a setting of this section" },
  });
}

async function readObject(file: string): Promise<JsonObject> {
  const text = await readIfThere(file);
  if (text === null) return {};
  let value: Json;
  try {
    value = JSON.parse(text.replace(/^\uFEFF/, "")) as Json;
  } catch (error) {
    // The parser quotes the text around the error, which may be a password: only the place is told.
    throw brokenFile(file, `it is not JSON${lineOf(text, error)}`);
  }
  if (isObject(value)) return value;
  throw brokenFile(file, "it is not a JSON object");
}

function brokenFile(file: string, reason: string): Refusal {
  return new Refusal("config_invalid", `The settings in ${file} were not read: ${reason}.`, {
    next: `Correct ${file}, or move it away to start with the defaults.`,
    details: { file },
  });
}

function lineOf(text: string, error: unknown): string {
  const position = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  return position === undefined ? "" : ` (line ${text.slice(0, Number(position)).split("\n").length})`;
}

function put(object: JsonObject, [key, ...rest]: readonly string[], value: Json): void {
  if (key === undefined) return;
  if (rest.length === 0) {
    if (value === null) delete object[key];
    else object[key] = value;
    return;
  }
  const inner = object[key];
  const target = isObject(inner) ? inner : {};
  object[key] = target;
  put(target, rest, value);
}

/** A view shows `***` for the password; saving that view again must not overwrite the password. */
function keepPassword(before: Config, value: Json): Json {
  const current = before.database.connectionString;
  return current !== undefined && value === redactUrl(current) ? current : value;
}

function isObject(value: Json | undefined): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
