import { z } from "zod";
import { RETENTION_PRESETS } from "../../preload/rules/retention.ts";
import { isPostgresUrl } from "./connection-url.ts";

const MEBIBYTE = 1024 * 1024;
/** Above the ports that the panel in a browser tries. */
const DEFAULT_WEBHOOK_PORT = 3200;

/** A connection string of PostgreSQL. Its text never appears in a message: it may hold a password. */
const connectionString = z.string().refine(isPostgresUrl, "must be a URL like postgres://user:password@host:5432/name");

const databaseSection = z.looseObject({
  mode: z
    .enum(["embedded", "postgres", "embedded-postgres", "pglite"], "must be embedded or postgres")
    .transform((mode) => (mode === "postgres" ? "postgres" : "embedded"))
    .optional(),
  connectionString: connectionString.optional(),
});
/** Longer than any system takes a path. */
const keyFilePath = z
  .string("must be a path")
  .min(1, "must not be empty")
  .max(4_096, "must be at most 4,096 characters")
  .regex(/^[^\p{Cc}\p{Cs}]*$/u, "must not hold control characters or half a character");

const secretsSection = z.looseObject({
  // A place for secrets that this version cannot use is refused: to go on with another one would be a surprise.
  provider: z
    .literal("local_encrypted", "must be local_encrypted, the only provider that this version has")
    .default("local_encrypted"),
  strictMode: z.boolean("must be true or false").default(true),
  custody: z.enum(["file", "keychain"], "must be file or keychain").default("file"),
  localEncrypted: z.looseObject({ keyFilePath: keyFilePath.optional() }).prefault({}),
});
const kept = (standard: number) =>
  z.int("must be a whole number").min(0, "must be at least 0").max(1_000, "must be at most 1,000").default(standard);
const { standard } = RETENTION_PRESETS;
const mebibytes = (most: number) =>
  z
    .int("must be a whole number of MiB")
    .min(0, "must be at least 0")
    .max(1_048_576, "must be at most 1,048,576, a TiB")
    .default(most);
const days = (standardDays: number) =>
  z
    .int("must be a whole number of days")
    .min(0, "must be at least 0")
    .max(365, "must be at most 365")
    .default(standardDays);
const backupsSection = z.looseObject({
  enabled: z.boolean("must be true or false").default(true),
  intervalMinutes: z
    .int("must be a whole number of minutes")
    .min(1, "must be at least 1")
    .max(10_080, "must be at most 10,080, a week")
    .default(60),
  proveEveryDays: days(7),
  keepHourly: kept(standard.hourly),
  keepDaily: kept(standard.daily),
  keepWeekly: kept(standard.weekly),
  keepMonthly: kept(standard.monthly),
  maxMebibytes: mebibytes(10_240),
  fullEveryDays: days(1),
  fullKeepDaily: kept(standard.daily),
  fullKeepWeekly: kept(standard.weekly),
  fullKeepMonthly: kept(standard.monthly),
  // They hold files and workspaces too.
  fullMaxMebibytes: mebibytes(20_480),
});
const runsSection = z.looseObject({
  concurrency: z.int("must be a whole number").min(1, "must be at least 1").max(64, "must be at most 64").default(4),
  logLimitBytes: z
    .int("must be a whole number of bytes")
    .min(MEBIBYTE, "must be at least 1 MiB")
    .max(4096 * MEBIBYTE, "must be at most 4,096 MiB")
    .default(64 * MEBIBYTE),
  logRetentionDays: z
    .int("must be a whole number of days")
    .min(0, "must be at least 0, which keeps logs whatever their age")
    .max(36_500, "must be at most 36,500 days")
    .default(90),
  logTotalBytes: z
    .int("must be a whole number of bytes")
    .min(0, "must be at least 0, which keeps logs whatever their size")
    .default(10_240 * MEBIBYTE),
});
const webhooksSection = z.looseObject({
  port: z
    .int("must be a whole number")
    .min(1, "must be at least 1")
    .max(65_535, "must be at most 65,535")
    .default(DEFAULT_WEBHOOK_PORT),
});
const notificationsSection = z.looseObject({
  outcomes: z.boolean("must be true or false").default(true),
  missed: z.boolean("must be true or false").default(true),
});
/** What `config.json` may hold, with defaults. Keys that it does not know are kept. */
export const configFile = z.looseObject({
  $meta: z.looseObject({ version: z.literal(1, "is not a version that this app knows").default(1) }).prefault({}),
  database: databaseSection
    .prefault({})
    .refine((section) => section.mode !== "postgres" || section.connectionString !== undefined, {
      path: ["connectionString"],
      message: "is needed in mode postgres",
    }),
  secrets: secretsSection.prefault({}),
  backups: backupsSection.prefault({}),
  runs: runsSection.prefault({}),
  webhooks: webhooksSection.prefault({}),
  notifications: notificationsSection.prefault({}),
});
