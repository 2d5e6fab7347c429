import type { Meta } from "@storybook/react-vite";
import { databaseDown, pending, refused } from "../../stories/answers.ts";
import type { Answers } from "../../stories/answers.ts";
import { panelStory } from "../../stories/panel-story.tsx";
import type { StoryPage } from "../../stories/panel-story.tsx";
import { idOf } from "../../stories/records/ids.ts";
import { aRoutine } from "../../stories/records/routines.ts";
import { aSecret, aSecretDetail } from "../../stories/records/secrets.ts";
import { aReadOnlyStatus, aStatusWithoutDatabase, anActivityEntry } from "../../stories/records/system.ts";
import { anAgent } from "../../stories/records/work.ts";
import type { Adapter } from "./agent-form.ts";

export default { title: "Work/Agents" } satisfies Meta;

const text = { type: "string" };
const cwd = { ...text, description: "The folder the program is started in" };
const timeoutSeconds = { type: "integer", description: "A run that takes longer is ended" };
const program: Adapter = {
  id: "process",
  kind: "process",
  label: "Program",
  description: "Starts any program. Instructions come on stdin, as an argument or as a file.",
  configSchema: {
    type: "object",
    required: ["command"],
    properties: {
      command: { type: "array", items: text, description: "The program and its arguments; no shell reads them" },
      cwd,
      instructions: {
        type: "string",
        enum: ["stdin", "argument", "file", "none"],
        default: "stdin",
        description: "How the program is given its instructions",
      },
      timeoutSeconds,
    },
  },
  program: null,
  found: null,
};
const preset = (id: string, label: string, found: string | null): Adapter => ({
  id,
  kind: "process",
  label,
  description: `Starts \`${id}\` with the instructions on stdin.`,
  configSchema: {
    type: "object",
    properties: {
      model: { ...text, description: "The model; left out, the program's own default" },
      extraArguments: { type: "array", items: text, description: "Further options" },
      cwd,
      timeoutSeconds,
    },
  },
  program: id,
  found,
});
const service: Adapter = {
  id: "http",
  kind: "request",
  label: "HTTP request",
  description: "Sends the instructions to a service by a request, and waits for its answer.",
  configSchema: {
    type: "object",
    required: ["url"],
    properties: {
      url: { ...text, description: "The address of the service. It is shown and logged" },
      method: { ...text, enum: ["POST", "PUT"], default: "POST", description: "How the request is made" },
      headers: {
        type: "object",
        additionalProperties: text,
        description: "Each with its value, in which {{env.KEY}} stands for a variable of the run, such as a secret",
      },
      body: { ...text, contentMediaType: "text/plain", description: "A template; left out, all of the run as JSON" },
      timeoutSeconds,
    },
  },
  program: null,
  found: null,
};
const adapters: Answers = {
  "agents.adapters": {
    adapters: [
      program,
      service,
      preset("claude", "Claude Code", "/home/operator/.local/bin/claude"),
      preset("codex", "Codex", null),
    ],
  },
};
const list = (...agents: ReturnType<typeof anAgent>[]): Answers => ({ ...adapters, "agents.list": { agents } });

export const Loading = panelStory({ place: "/agents", answers: { ...adapters, "agents.list": pending } });

export const Empty = panelStory({ place: "/agents", answers: list() });

export const One = panelStory({ place: "/agents", answers: list(anAgent()) });

export const Kinds = panelStory({
  place: "/agents",
  answers: list(
    anAgent({ status: "paused" }),
    anAgent({ id: idOf("agent", 2), name: "reviewer", adapter: "claude", adapterConfig: {} }),
    anAgent({ id: idOf("agent", 3), name: "coder", adapter: "codex", adapterConfig: {} }),
    anAgent({
      id: idOf("agent", 6),
      name: "flow",
      adapter: "http",
      adapterConfig: { url: "https://n8n.example/webhook/1" },
    }),
    anAgent({ id: idOf("agent", 4), name: "from another version", adapter: "no-longer-known", adapterConfig: {} }),
    anAgent({ id: idOf("agent", 5), name: '<img src=x onerror="document.title=1"> שלום '.repeat(3) }),
  ),
});

export const Many = panelStory({
  place: "/agents",
  answers: list(
    ...Array.from({ length: 1_000 }, (_, index) =>
      anAgent({ id: idOf("agent", index + 1), name: `agent ${index + 1}` }),
    ),
  ),
});

export const ListFailed = panelStory({
  place: "/agents",
  answers: { ...adapters, "agents.list": databaseDown, "system.status": aStatusWithoutDatabase() },
});

const secrets: Answers = {
  "secrets.get": aSecretDetail(),
  "secrets.list": { secrets: [aSecret()], nextCursor: null },
};

export const New = panelStory({ place: "/agents/new", answers: { ...adapters, ...secrets } });

export const NewAdaptersFailed = panelStory({ place: "/agents/new", answers: { "agents.adapters": databaseDown } });

export const NewRefused = panelStory({
  place: "/agents/new",
  answers: {
    ...adapters,
    ...secrets,
    "agents.create": refused("adapter_invalid", "The configuration of the claude adapter is not valid.", {
      fields: { "config.model": "must be the name of a model, as the program takes it", name: "is taken" },
    }),
  },
  act: async ({ screen, user }) => {
    await user.type(await screen.findByRole("textbox", { name: /^Model/ }), "-x");
    await user.click(await screen.findByRole("button", { name: "Create agent" }));
  },
});

/** The message of one header stands at its line. */
export const NewServiceRefused = panelStory({
  place: "/agents/new",
  answers: {
    ...adapters,
    ...secrets,
    "agents.create": refused("adapter_invalid", "A credential is not saved in clear: config.headers.authorization.", {
      fields: { "config.headers.authorization": "holds a credential in clear. Its name is that of a credential." },
    }),
  },
  act: async ({ screen, user }) => {
    await user.click(await screen.findByRole("radio", { name: /HTTP request/ }));
    await user.click(await screen.findByRole("button", { name: "Add header" }));
    await user.type(await screen.findByRole("textbox", { name: "Header 1, name" }), "authorization");
    await user.type(await screen.findByRole("textbox", { name: "Header 1, value" }), "in clear");
    await user.click(await screen.findByRole("button", { name: "Create agent" }));
  },
});

const agent: Answers = {
  ...adapters,
  ...secrets,
  "agents.get": anAgent(),
  "routines.list": { routines: [aRoutine(), aRoutine({ id: idOf("routine", 2), agentId: null })], nextCursor: null },
  "activity.list": { entries: [anActivityEntry({ action: "agent.created", entityType: "agent" })], nextCursor: null },
};
const place = `/agents/${idOf("agent")}`;

export const Agent = panelStory({ place, answers: agent });

export const AgentLoading = panelStory({ place, answers: { ...agent, "agents.get": pending } });

export const AgentFailed = panelStory({ place, answers: { ...agent, "agents.get": databaseDown } });

export const AgentMissing = panelStory({
  place,
  answers: { ...agent, "agents.get": refused("agent_missing", "There is no such agent in this company.") },
});

export const AgentPaused = panelStory({
  place,
  answers: {
    ...agent,
    "agents.get": anAgent({ status: "paused" }),
    "routines.list": { routines: [], nextCursor: null },
  },
});

export const AgentReadOnly = panelStory({ place, answers: { ...agent, "system.status": aReadOnlyStatus() } });

const test = async ({ screen, user }: StoryPage) =>
  user.click(await screen.findByRole("button", { name: "Test agent" }));

export const Testing = panelStory({ place, answers: { ...agent, "agents.test": pending }, act: test });

export const Tested = panelStory({
  place,
  answers: {
    ...agent,
    "agents.test": {
      ok: true,
      checks: [
        { name: "configuration", ok: true, message: "The configuration fits the process adapter.", next: null },
        { name: "folder", ok: true, message: "It starts in /home/operator/work.", next: null },
        { name: "command", ok: true, message: "triage is /usr/local/bin/triage.", next: null },
      ],
    },
  },
  act: test,
});

export const TestFailed = panelStory({
  place,
  answers: {
    ...agent,
    "agents.test": {
      ok: false,
      checks: [
        { name: "configuration", ok: true, message: "The configuration fits the process adapter.", next: null },
        {
          name: "folder",
          ok: false,
          message: `There is no folder /home/operator/${"long-name/".repeat(20)}.`,
          next: "Create it, or name another as cwd in the configuration.",
        },
      ],
    },
  },
  act: test,
});

export const Service = panelStory({
  place,
  answers: {
    ...agent,
    "agents.get": anAgent({
      name: "flow",
      adapter: "http",
      adapterConfig: {
        url: "https://n8n.example/webhook/8b8f9b6e-4d0c-4f0a-9a43-0a6f0a1f7e3c",
        method: "POST",
        headers: { authorization: "Bearer {{env.GH_TOKEN}}", "x-environment": "staging" },
        body: '{"prompt": {{instructions}}, "data": {{payload}}}',
      },
    }),
    "agents.test": {
      ok: false,
      checks: [
        { name: "configuration", ok: true, message: "The configuration fits the http adapter.", next: null },
        { name: "variables", ok: true, message: "It is filled from GH_TOKEN.", next: null },
        {
          name: "connection",
          ok: false,
          message: "n8n.example:443 refused the connection.",
          next: "Start the service, or correct host and port of the URL in the agent's configuration.",
        },
      ],
    },
  },
  act: test,
});

export const Unsaved = panelStory({
  place,
  answers: agent,
  act: async ({ screen, user }) => user.type(await screen.findByRole("textbox", { name: "Command" }), " 'not closed"),
});

export const SaveRefused = panelStory({
  place,
  answers: { ...agent, "agents.update": databaseDown },
  act: async ({ screen, user }) => {
    await user.type(await screen.findByRole("textbox", { name: "Name" }), " two");
    await user.click(await screen.findByRole("button", { name: "Save agent" }));
  },
});
