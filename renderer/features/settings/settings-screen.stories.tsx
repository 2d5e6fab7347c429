import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { daysAgo } from "../../stories/clock.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import {
  aReadOnlyStatus,
  aShellInfo,
  aStatus,
  aStatusWithLockedVault,
  aStatusWithoutDatabase,
} from "../../stories/records/system.ts";
import { aLockedVaultKeys, aVaultHealth, aVaultKeys } from "../../stories/records/vault.ts";

export default { title: "Settings/Screen" } satisfies Meta;

const VALUES = {
  general: { concurrency: 4, logLimitBytes: 67_108_864, logRetentionDays: 90, logTotalBytes: 10_737_418_240 },
  database: { mode: "embedded", connectionString: null },
  secrets: { provider: "local_encrypted", strictMode: true, custody: "file", keyFilePath: null },
  backups: {
    preset: "standard",
    enabled: true,
    intervalMinutes: 60,
    proveEveryDays: 7,
    keepHourly: 24,
    keepDaily: 7,
    keepWeekly: 4,
    keepMonthly: 1,
    maxMebibytes: 10_240,
    fullEveryDays: 1,
    fullKeepDaily: 7,
    fullKeepWeekly: 4,
    fullKeepMonthly: 1,
    fullMaxMebibytes: 20_480,
  },
  webhooks: { port: 3200 },
  notifications: { outcomes: true, missed: false },
};

const settings: Answers = {
  "settings.get": ({ section }) => ({ section, values: VALUES[section], restartNeeded: false }),
  "runs.logRetention": {
    all: { logs: 4_210, bytes: 327_155_712 },
    byAge: { logs: 120, bytes: 9_437_184 },
    bySize: { logs: 0, bytes: 0 },
  },
};

const migrations = [
  { number: 1, name: "foundation", appliedAt: daysAgo(40) },
  { number: 2, name: "schedules", appliedAt: daysAgo(2) },
];

const database: Answers = {
  ...settings,
  "database.status": { mode: "embedded", version: "18.4", migrations, pending: 0 },
};

const ok = {
  level: "ok" as const,
  message: "The key 9f2ab31c opens the vault. Without it, no secret in any copy of the database can be read.",
  next: "Keep a copy of the key apart from the copies of the database.",
};

export const General = panelStory({ place: "/settings", answers: settings });

export const GeneralInTheWindow = panelStory({
  place: "/settings",
  answers: { ...settings, "shell.info": aShellInfo({ host: "window", canOpenFolder: true }) },
});

export const GeneralLoading = panelStory({
  place: "/settings",
  answers: { "settings.get": pending, "system.status": pending },
});

export const GeneralFailing = panelStory({
  place: "/settings",
  answers: {
    "settings.get": refused("config_invalid", "The settings in config.json were not read: it is not JSON (line 3).", {
      next: "Correct config.json, or move it away to start with the defaults.",
    }),
  },
});

export const RunSettingsRefused = panelStory({
  place: "/settings",
  answers: {
    ...settings,
    "settings.update": refused("config_invalid", "The setting runs.concurrency is not valid.", {
      fields: { "runs.concurrency": "must be at most 64" },
    }),
  },
  act: async ({ screen, user }) => user.click(await screen.findByRole("button", { name: "Save run settings" })),
});

export const RestartNeeded = panelStory({
  place: "/settings",
  answers: {
    ...settings,
    "settings.get": ({ section }) => ({ section, values: VALUES[section], restartNeeded: true }),
  },
});

export const Database = panelStory({ place: "/settings?section=database", answers: database });

export const DatabaseOfYours = panelStory({
  place: "/settings?section=database",
  answers: {
    ...database,
    "settings.get": {
      section: "database",
      values: { mode: "postgres", connectionString: "postgres://paperclip:***@db.example.org:5432/paperclip" },
      restartNeeded: false,
    },
  },
});

export const DatabaseDown = panelStory({
  place: "/settings?section=database",
  answers: { ...settings, "system.status": aStatusWithoutDatabase(), "database.retry": databaseDown },
});

export const PendingMigrations = panelStory({
  place: "/settings?section=database",
  answers: {
    ...settings,
    "system.status": aStatus({
      database: { mode: "embedded", state: "ready", version: "18.4", schema: 2, pending: 1 },
    }),
    "database.status": {
      mode: "embedded",
      version: "18.4",
      migrations: [...migrations, { number: 3, name: "webhooks", appliedAt: null }],
      pending: 1,
    },
  },
});

export const DatabaseReadOnly = panelStory({
  place: "/settings?section=database",
  answers: { ...database, "system.status": aReadOnlyStatus() },
});

export const Vault = panelStory({
  place: "/settings?section=secrets",
  answers: { ...settings, "secrets.health": aVaultHealth({ findings: [ok] }) },
});

export const VaultWarns = panelStory({
  place: "/settings?section=secrets",
  answers: {
    ...settings,
    "secrets.health": aVaultHealth({
      level: "warn",
      findings: [{ level: "warn", message: "The key file could be read by others; it is 0600 now.", next: null }, ok],
    }),
  },
});

export const VaultLocked = panelStory({
  place: "/settings?section=secrets",
  answers: {
    ...settings,
    "system.status": aStatusWithLockedVault(),
    "secrets.health": aVaultHealth({
      state: "locked",
      keyId: null,
      level: "error",
      whoCanRead: "Nobody, as far as this program can tell.",
      findings: [
        {
          level: "error",
          message: "The master key 9f2ab31c is missing: there is no file secrets/master.key.",
          next: "Put the key file back from a copy. No other key is made in its place.",
        },
      ],
    }),
    "keys.show": aLockedVaultKeys(),
  },
});

export const VaultWithoutKey = panelStory({
  place: "/settings?section=secrets",
  answers: {
    ...settings,
    "secrets.health": aVaultHealth({
      state: "uninitialized",
      keyId: null,
      expectedKeyId: null,
      findings: [{ level: "ok", message: "There is no master key yet; the first secret makes one.", next: null }],
      counts: { secrets: 0, versions: 0 },
    }),
    "keys.show": aVaultKeys({
      state: "uninitialized",
      keyId: null,
      expectedKeyId: null,
      createdAt: null,
      recovery: null,
    }),
  },
});

export const VaultUnknown = panelStory({
  place: "/settings?section=secrets",
  answers: {
    ...settings,
    "system.status": aStatusWithoutDatabase(),
    "secrets.health": databaseDown,
    "keys.show": databaseDown,
  },
});

export const Backups = panelStory({ place: "/settings?section=backups", answers: settings });

export const Scheduler = panelStory({ place: "/settings?section=scheduler" });

export const SchedulerWithoutDatabase = panelStory({
  place: "/settings?section=scheduler",
  answers: { "system.status": aStatusWithoutDatabase() },
});
