import {
  createHashHistory,
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
} from "@tanstack/react-router";
import type { RouterHistory } from "@tanstack/react-router";
import { listedRunStatuses, runSources } from "../../preload/rules/run-states.ts";
import { Frame } from "./frame.tsx";
import { NotFound, ScreenFailed } from "./screen-states.tsx";
import { chosen, oneOf, text, whole } from "./search.ts";

/*
 * The places of the panel. They stand in the fragment of the address, so that both hosts serve one page, a reload keeps the
 * place, and Back works. A screen is loaded when it is first gone to.
 */

const ROUTINE_TABS = ["overview", "triggers", "runs", "secrets", "history", "activity"] as const;
const RUN_TABS = ["log", "environment", "timeline", "details"] as const;
const SETTINGS_SECTIONS = ["general", "database", "secrets", "backups", "scheduler"] as const;
const BACKUP_QUESTIONS = ["now", "everything", "restore", "undo", "verify"] as const;
const SECRET_STATUSES = ["active", "disabled", "archived", "all"] as const;
const ACCESS_OUTCOMES = ["success", "failure"] as const;
const CONSUMER_TYPES = ["agent", "project", "routine"] as const;
const ROUTINE_STATUSES = ["active", "paused", "archived"] as const;
const PERIODS = ["day", "week", "month"] as const;

const root = createRootRoute({ component: Frame, notFoundComponent: NotFound, errorComponent: ScreenFailed });

const home = createRoute({
  getParentRoute: () => root,
  path: "/",
  component: lazyRouteComponent(() => import("../features/home/home-screen.tsx"), "HomeScreen"),
});
const inbox = createRoute({
  getParentRoute: () => root,
  path: "/inbox",
  component: lazyRouteComponent(() => import("../features/home/inbox-screen.tsx"), "InboxScreen"),
});
const welcome = createRoute({
  getParentRoute: () => root,
  path: "/welcome",
  component: lazyRouteComponent(() => import("../features/first-run/welcome-screen.tsx"), "WelcomeScreen"),
});
const routines = createRoute({
  getParentRoute: () => root,
  path: "/routines",
  validateSearch: (raw) => chosen({ status: oneOf(raw, "status", ROUTINE_STATUSES), text: text(raw, "text") }),
  component: lazyRouteComponent(() => import("../features/routines/routines-screen.tsx"), "RoutinesScreen"),
});
const newRoutine = createRoute({
  getParentRoute: () => root,
  path: "/routines/new",
  validateSearch: (raw) => chosen({ from: text(raw, "from") }),
  component: lazyRouteComponent(() => import("../features/routines/new-routine-screen.tsx"), "NewRoutineScreen"),
});
const routine = createRoute({
  getParentRoute: () => root,
  path: "/routines/$routineId",
  validateSearch: (raw) => chosen({ tab: oneOf(raw, "tab", ROUTINE_TABS) }),
  component: lazyRouteComponent(() => import("../features/routines/routine-screen.tsx"), "RoutineScreen"),
});
const runs = createRoute({
  getParentRoute: () => root,
  path: "/runs",
  validateSearch: (raw) =>
    chosen({
      status: oneOf(raw, "status", listedRunStatuses),
      source: oneOf(raw, "source", runSources),
      routine: text(raw, "routine"),
      agent: text(raw, "agent"),
      period: oneOf(raw, "period", PERIODS),
      text: text(raw, "text"),
      view: text(raw, "view"),
    }),
  component: lazyRouteComponent(() => import("../features/runs/runs-screen.tsx"), "RunsScreen"),
});
const run = createRoute({
  getParentRoute: () => root,
  path: "/runs/$runId",
  validateSearch: (raw) => chosen({ tab: oneOf(raw, "tab", RUN_TABS) }),
  component: lazyRouteComponent(() => import("../features/runs/run-screen.tsx"), "RunScreen"),
});
const secretsSearch = (raw: Readonly<Record<string, unknown>>) =>
  chosen({ status: oneOf(raw, "status", SECRET_STATUSES), text: text(raw, "text") });
// One component for both places, so that the list stays as it is while a pane opens and closes beside it.
const secretsScreen = lazyRouteComponent(() => import("../features/secrets/secrets-screen.tsx"), "SecretsScreen");
const secrets = createRoute({
  getParentRoute: () => root,
  path: "/secrets",
  validateSearch: secretsSearch,
  component: secretsScreen,
});
const secret = createRoute({
  getParentRoute: () => root,
  path: "/secrets/$secretId",
  validateSearch: secretsSearch,
  component: secretsScreen,
});
const vaultsScreen = lazyRouteComponent(() => import("../features/secrets/vaults-screen.tsx"), "VaultsScreen");
const providerVaults = createRoute({
  getParentRoute: () => root,
  path: "/secrets/vaults",
  component: vaultsScreen,
});
const providerVault = createRoute({
  getParentRoute: () => root,
  path: "/secrets/vaults/$vaultId",
  component: vaultsScreen,
});
const importSecrets = createRoute({
  getParentRoute: () => root,
  path: "/secrets/import",
  validateSearch: (raw) => chosen({ vault: text(raw, "vault") }),
  component: lazyRouteComponent(() => import("../features/secrets/import-screen.tsx"), "ImportScreen"),
});
const access = createRoute({
  getParentRoute: () => root,
  path: "/secrets/access",
  validateSearch: (raw) =>
    chosen({
      secret: text(raw, "secret"),
      outcome: oneOf(raw, "outcome", ACCESS_OUTCOMES),
      code: text(raw, "code"),
      consumerType: oneOf(raw, "consumerType", CONSUMER_TYPES),
      consumer: text(raw, "consumer"),
      actor: text(raw, "actor"),
      version: whole(raw, "version"),
      period: oneOf(raw, "period", PERIODS),
      event: whole(raw, "event"),
    }),
  component: lazyRouteComponent(() => import("../features/secrets/access-screen.tsx"), "AccessScreen"),
});
const agents = createRoute({
  getParentRoute: () => root,
  path: "/agents",
  component: lazyRouteComponent(() => import("../features/work/agents-screen.tsx"), "AgentsScreen"),
});
const newAgent = createRoute({
  getParentRoute: () => root,
  path: "/agents/new",
  component: lazyRouteComponent(() => import("../features/work/new-agent-screen.tsx"), "NewAgentScreen"),
});
const agent = createRoute({
  getParentRoute: () => root,
  path: "/agents/$agentId",
  component: lazyRouteComponent(() => import("../features/work/agent-screen.tsx"), "AgentScreen"),
});
const projects = createRoute({
  getParentRoute: () => root,
  path: "/projects",
  component: lazyRouteComponent(() => import("../features/work/projects-screen.tsx"), "ProjectsScreen"),
});
const newProject = createRoute({
  getParentRoute: () => root,
  path: "/projects/new",
  component: lazyRouteComponent(() => import("../features/work/new-project-screen.tsx"), "NewProjectScreen"),
});
const project = createRoute({
  getParentRoute: () => root,
  path: "/projects/$projectId",
  component: lazyRouteComponent(() => import("../features/work/project-screen.tsx"), "ProjectScreen"),
});
const backups = createRoute({
  getParentRoute: () => root,
  path: "/backups",
  validateSearch: (raw) => chosen({ file: text(raw, "file"), ask: oneOf(raw, "ask", BACKUP_QUESTIONS) }),
  component: lazyRouteComponent(() => import("../features/backups/backups-screen.tsx"), "BackupsScreen"),
});
const settings = createRoute({
  getParentRoute: () => root,
  path: "/settings",
  validateSearch: (raw) => chosen({ section: oneOf(raw, "section", SETTINGS_SECTIONS) }),
  component: lazyRouteComponent(() => import("../features/settings/settings-screen.tsx"), "SettingsScreen"),
});

const routeTree = root.addChildren([
  home,
  inbox,
  welcome,
  routines,
  newRoutine,
  routine,
  runs,
  run,
  secrets,
  secret,
  providerVaults,
  access,
  providerVault,
  importSecrets,
  agents,
  newAgent,
  agent,
  projects,
  newProject,
  project,
  backups,
  settings,
]);

/** The router over the fragment of the address, or over another history where a story or a test brings one. */
export function createPanelRouter(history: RouterHistory = createHashHistory()) {
  return createRouter({ routeTree, history, defaultErrorComponent: ScreenFailed });
}

declare module "@tanstack/react-router" {
  interface HistoryState {
    /** The company that is shown from this entry on. */
    company?: string;
  }
  interface Register {
    router: ReturnType<typeof createPanelRouter>;
  }
}
