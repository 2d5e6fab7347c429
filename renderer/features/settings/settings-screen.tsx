import { useNavigate, useSearch } from "@tanstack/react-router";
import { Page, PageTabs, Stack } from "../../ui/page.tsx";
import { BackupSettings } from "./backup-settings.tsx";
import { DatabaseSettings } from "./database-settings.tsx";
import { GeneralSettings } from "./general-settings.tsx";
import { SchedulerSettings } from "./scheduler-settings.tsx";
import { VaultSettings } from "./vault-settings.tsx";

const TABS = [
  {
    id: "general",
    label: "General",
    content: () => (
      <Stack>
        <GeneralSettings />
      </Stack>
    ),
  },
  {
    id: "database",
    label: "Database",
    content: () => (
      <Stack>
        <DatabaseSettings />
      </Stack>
    ),
  },
  {
    id: "secrets",
    label: "Vault",
    content: () => (
      <Stack>
        <VaultSettings />
      </Stack>
    ),
  },
  {
    id: "backups",
    label: "Backups",
    content: () => (
      <Stack>
        <BackupSettings />
      </Stack>
    ),
  },
  {
    id: "scheduler",
    label: "Scheduler",
    content: () => (
      <Stack>
        <SchedulerSettings />
      </Stack>
    ),
  },
] as const;

type SectionId = (typeof TABS)[number]["id"];

/** How the instance is, and what of it can be set. */
export function SettingsScreen() {
  const { section = "general" } = useSearch({ strict: false }) as { readonly section?: SectionId };
  const navigate = useNavigate();
  return (
    <Page title="Settings" body="tabs">
      <PageTabs
        label="Settings"
        tabs={TABS}
        selected={section}
        onSelect={(id) => void navigate({ to: "/settings", search: id === "general" ? {} : { section: id } })}
      />
    </Page>
  );
}
