/*
 * How to write stories. A screen is shown at its place, in the real frame, before a control plane that says what the story
 * gives it:
 *
 *   export default {} satisfies Meta;
 *   export const Empty = panelStory({ place: "/secrets", answers: { "secrets.list": { secrets: [], nextCursor: null } } });
 *   export const Loading = panelStory({ place: "/secrets", answers: { "secrets.list": pending } });
 *   export const Locked = panelStory({ place: "/secrets", answers: { "secrets.list": vaultLocked } });
 *   export const Many = panelStory({ place: "/secrets", answers: { "secrets.list": (input) => { … pageOf(input, 1_000, …) } } });
 *
 * A part of a screen is shown alone, inside a company: `partStory(<EnvEditor …/>, { answers })`. `act` presses and types once
 * everything asked for is there. Records come from `records/`, instants from `clock.ts`, answers from `answers.ts`. A call
 * that has no answer fails the story and says which; companies, status, the vault's keys, shell and the streams have one already.
 */
import type { StoryObj } from "@storybook/react-vite";
import { QueryClientProvider } from "@tanstack/react-query";
import { createMemoryHistory, RouterContextProvider, RouterProvider } from "@tanstack/react-router";
import { StrictMode } from "react";
import type { ReactNode } from "react";
import { configure, userEvent, within } from "storybook/test";
import { Gate } from "../app/gate.tsx";
import { createPanelRouter } from "../app/router.tsx";
import { CompanyContext } from "../data/company.tsx";
import { PanelProvider } from "../data/panel-context.tsx";
import { createQueryClient } from "../data/query-client.ts";
import type { ConnectionState } from "../data/transport.ts";
import type { Answers } from "./answers.ts";
import { aShellInfo, aStatus } from "./records/system.ts";
import { aVaultKeys } from "./records/vault.ts";
import { aCompany } from "./records/work.ts";
import { createWorld } from "./world.ts";
import type { World } from "./world.ts";

/**
 * What waits until it finds. A slow machine may still draw what the last press did, and a story that looks only once would
 * fail there.
 */
type Finding = Pick<
  ReturnType<typeof within>,
  "findByRole" | "findAllByRole" | "findByLabelText" | "findByDisplayValue" | "findByText" | "findAllByText"
>;

/** The page of a story: what is on it, with everything that floats above it, and hands to press and type with. */
export interface StoryPage {
  readonly screen: Finding;
  readonly user: typeof userEvent;
}

export interface StoryOptions {
  readonly answers?: Answers;
  /** What is done once everything asked for is there. */
  act?(page: StoryPage): Promise<unknown>;
}

export interface PanelStoryOptions extends StoryOptions {
  /** Where in the panel, such as `/runs/ID?tab=log`. */
  readonly place: string;
  /** How the connection is from the start; open unless told otherwise. */
  readonly connection?: ConnectionState;
  /** What becomes of the connection once everything asked for is there. */
  readonly connectionThen?: ConnectionState;
}

// Far beyond what any machine takes to draw; only a story that is wrong waits so long.
configure({ asyncUtilTimeout: 15_000 });

const OPEN: ConnectionState = { kind: "open", since: 1 };

/** What every story of the panel is answered, unless it says otherwise. */
const usual: Answers = {
  "companies.list": { companies: [aCompany()] },
  "system.status": aStatus(),
  "shell.info": aShellInfo(),
  "providerVaults.list": { vaults: [] },
  "shell.unsaved": { noted: true },
  "keys.show": aVaultKeys(),
  "inbox.list": { items: [], more: 0, slots: 0 },
  "scheduler.outlook": { routines: [], more: 0, absences: [], pausedSince: null },
  "inlineSecrets.preview": { applied: false, findings: [], notes: [] },
};

/** The whole panel at a place. */
export function panelStory(options: PanelStoryOptions): StoryObj {
  const { place, connection = OPEN, connectionThen } = options;
  return story(options, {
    parameters: { wholePage: true },
    connection,
    connectionThen,
    show: (world) => {
      const router = createPanelRouter(createMemoryHistory({ initialEntries: [place] }));
      return {
        node: (
          <Providers world={world}>
            <Gate>
              <RouterProvider router={router} />
            </Gate>
          </Providers>
        ),
        isThere: () => connection.kind !== "open" || router.state.status === "idle",
      };
    },
  });
}

/** A part of a screen alone, with a company, a connection and a router around it. */
export function partStory(part: ReactNode, options: StoryOptions = {}): StoryObj {
  return story(options, {
    parameters: {},
    connection: OPEN,
    connectionThen: undefined,
    show: (world) => {
      const router = createPanelRouter(createMemoryHistory({ initialEntries: ["/"] }));
      return {
        node: (
          <Providers world={world}>
            <RouterContextProvider router={router}>
              <CompanyContext value={aCompany()}>{part}</CompanyContext>
            </RouterContextProvider>
          </Providers>
        ),
        isThere: () => true,
      };
    },
  });
}

interface Shown {
  readonly node: ReactNode;
  /** Whether the router has come to its place. */
  isThere(): boolean;
}

interface Setting {
  readonly parameters: Record<string, unknown>;
  readonly connection: ConnectionState;
  readonly connectionThen: ConnectionState | undefined;
  show(world: World): Shown;
}

function story({ answers, act }: StoryOptions, setting: Setting): StoryObj {
  return {
    parameters: setting.parameters,
    // The world is made anew whenever the story is shown, so that nothing of the last time is left.
    loaders: [
      () => {
        const world = createWorld({ ...usual, ...answers }, setting.connection);
        return { world, shown: setting.show(world) };
      },
    ],
    render: (_, { loaded }) => <>{(loaded["shown"] as Shown).node}</>,
    play: async ({ loaded }) => {
      const world = loaded["world"] as World;
      const shown = loaded["shown"] as Shown;
      const isQuiet = () => world.underWay() === 0 && shown.isThere();
      await settled(isQuiet);
      if (setting.connectionThen) {
        world.become(setting.connectionThen);
        await settled(isQuiet);
      }
      if (act) {
        await act({ screen: within(document.body), user: userEvent });
        await settled(isQuiet);
      }
      if (world.complaints.length > 0) throw new Error(`This story is not whole: ${world.complaints.join("; ")}`);
    },
  };
}

function Providers({ world, children }: { readonly world: World; readonly children: ReactNode }) {
  return (
    <StrictMode>
      <QueryClientProvider client={createQueryClient()}>
        <PanelProvider connection={world.connection}>{children}</PanelProvider>
      </QueryClientProvider>
    </StrictMode>
  );
}

/** Turns of the page in which nothing may be under way until a story counts as settled. */
const QUIET_TURNS = 3;

/** Waits until nothing is under way any more: an answer may lead to the next question. */
async function settled(isQuiet: () => boolean): Promise<void> {
  let quiet = 0;
  while (quiet < QUIET_TURNS) {
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve)));
    quiet = isQuiet() ? quiet + 1 : 0;
  }
}
