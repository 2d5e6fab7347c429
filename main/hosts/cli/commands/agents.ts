import { Option } from "commander";
import type { Command } from "commander";
import type { AgentRecord } from "../../../../preload/contract/work.ts";
import type { ContractClient } from "../../../control-plane-port.ts";
import { readConfigFile, readEnvFile } from "../definitions.ts";
import { envText, secretKeysFor } from "../env-text.ts";
import { Failure } from "../errors.ts";
import { bothTimes, paintState, stateText } from "../format.ts";
import { collect, given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { warnOfPlainValues } from "../plain-warnings.ts";
import { oneLine } from "../text.ts";

interface AgentOptions {
  name?: string;
  adapter?: string;
  configFile?: string;
  envFile?: string;
  passThrough?: string[];
  status?: "active" | "paused";
}

export function addAgents(program: Command, act: Act): void {
  const agents = program
    .command("agents")
    .description("who does the work: a program and how to start it, or a service and how to ask it");

  withExample(
    agents
      .command("list")
      .description("list the agents of a company")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.agents.list(ofCompany(invocation)));
          const { colours } = invocation.output;
          invocation.output.answer(answer, (output) =>
            answer.agents.length === 0
              ? `${output.hint("There is no agent yet. Create one: `paperclip-desktop agents create --name NAME --adapter claude`")}\n`
              : output.table(
                  [
                    { title: "NAME", of: (agent) => agent.name },
                    {
                      title: "STATUS",
                      of: (agent) => stateText(agent.status),
                      paint: (cell, agent) => paintState(cell, agent.status, colours),
                    },
                    { title: "ADAPTER", of: (agent) => agent.adapter },
                    { title: "COMMAND OR URL", of: commandOf },
                    { title: "ID", of: (agent) => agent.id, whole: true, spare: 1 },
                  ],
                  answer.agents,
                ),
          );
        }),
      ),
    "agents list",
  );

  withExample(
    agents
      .command("show")
      .argument("<agent>", "id or name")
      .description("show one agent with its configuration and env")
      .action(
        act(async (invocation) => {
          await showAgent(invocation, (client) =>
            client.agents.get({ ...ofCompany(invocation), agent: invocation.argument(0) }),
          );
        }),
      ),
    "agents show coder",
  );

  withExample(
    withDefinition(agents.command("create").description("create an agent"))
      .requiredOption("--name <name>", "its name")
      .requiredOption("--adapter <adapter>", "how it is started: process, http, claude, codex, gemini, opencode")
      .action(
        act<AgentOptions>(async (invocation, { name = "", adapter = "", passThrough, ...files }) => {
          const [config, env] = await Promise.all([readConfigFile(files.configFile), readEnvFile(files.envFile)]);
          await showAgent(invocation, (client) =>
            client.agents.create({ ...ofCompany(invocation), name, adapter, ...given({ config, env, passThrough }) }),
          );
          warnOfPlainValues(invocation.output, env);
        }),
      ),
    "agents create --name coder --adapter claude",
    "agents create --name script --adapter process --config-file script.json",
    "agents create --name flow --adapter http --config-file flow.json",
  );

  withExample(
    withDefinition(
      agents.command("update").argument("<agent>", "id or name").description("change an agent, pause it or resume it"),
    )
      .option("--name <name>", "its new name")
      .option("--adapter <adapter>", "how it is started")
      .addOption(new Option("--status <status>", "a paused agent runs nothing").choices(["active", "paused"]))
      .action(
        act<AgentOptions>(async (invocation, { name, adapter, status, passThrough, ...files }) => {
          const [config, env] = await Promise.all([readConfigFile(files.configFile), readEnvFile(files.envFile)]);
          await showAgent(invocation, (client) =>
            client.agents.update({
              ...ofCompany(invocation),
              agent: invocation.argument(0),
              ...given({ name, adapter, status, config, env, passThrough }),
            }),
          );
          warnOfPlainValues(invocation.output, env);
        }),
      ),
    "agents update coder --status paused",
  );

  withExample(
    agents
      .command("test")
      .argument("<agent>", "id or name")
      .description("check that an agent's program or service is there and answers; exit 1 when it does not")
      .action(act(async (invocation) => testAgent(invocation))),
    "agents test coder",
  );
}

function withDefinition(command: Command): Command {
  return command
    .option("--config-file <file>", "configuration of the adapter, as JSON or YAML")
    .option("--env-file <file>", "its env: an object of env bindings, as JSON or YAML")
    .option("--pass-through <name>", "a variable of the app's own environment that it receives; repeatable", collect);
}

async function testAgent(invocation: Invocation): Promise<void> {
  const agent = invocation.argument(0);
  const test = await invocation.session(({ client }) => client.agents.test({ ...ofCompany(invocation), agent }));
  invocation.output.answer(test, ({ colours }) =>
    test.checks
      .map(({ name, ok, message }) => {
        const mark = ok ? colours.green("✓") : colours.red("✕");
        return `${mark} ${oneLine(name)}: ${oneLine(message)}\n`;
      })
      .join(""),
  );
  const failed = test.checks.find(({ ok }) => !ok);
  if (!test.ok) {
    throw new Failure({
      code: "agent_test_failed",
      message: `The agent "${agent}" did not pass its test: ${failed?.message ?? "it gave no reason"}`,
      next: failed?.next ?? undefined,
    });
  }
}

function commandOf(agent: AgentRecord): string | null {
  const { command, url } = agent.adapterConfig;
  if (typeof url === "string") return url;
  return Array.isArray(command) ? command.join(" ") : null;
}

async function showAgent(invocation: Invocation, ask: (client: ContractClient) => Promise<AgentRecord>): Promise<void> {
  const { agent, keys } = await invocation.session(async (session) => {
    const agent = await ask(session.client);
    return { agent, keys: await secretKeysFor(invocation, session, agent) };
  });
  const now = invocation.host.clock.now();
  invocation.output.answer(agent, (output) =>
    output.fields([
      ["name", agent.name],
      ["status", paintState(stateText(agent.status), agent.status, output.colours)],
      ["adapter", agent.adapter],
      ["config", Object.keys(agent.adapterConfig).length === 0 ? null : JSON.stringify(agent.adapterConfig)],
      ["env", envText(agent.env, keys)],
      ["passes", agent.passThrough.join(", ")],
      ["changed", bothTimes(agent.updatedAt, now)],
      ["id", agent.id],
    ]),
  );
}
