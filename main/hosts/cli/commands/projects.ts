import type { Command } from "commander";
import type { EnvInput } from "../../../../preload/contract/environment.ts";
import type { ProjectRecord } from "../../../../preload/contract/work.ts";
import type { ContractClient } from "../../../control-plane-port.ts";
import { readEnvFile } from "../definitions.ts";
import { envText, secretKeysFor } from "../env-text.ts";
import { bothTimes, plural, relativeTime } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";
import { warnOfPlainValues } from "../plain-warnings.ts";

interface ProjectOptions {
  name?: string;
  description?: string;
  envFile?: string;
}

export function addProjects(program: Command, act: Act): void {
  const projects = program.command("projects").description("group routines and add an env layer");

  withExample(
    projects
      .command("list")
      .description("list the projects of a company")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.projects.list(ofCompany(invocation)));
          invocation.output.answer(answer, (output) =>
            answer.projects.length === 0
              ? "There is no project. A routine needs none; one adds an env layer that its routines share.\n"
              : output.table(
                  [
                    { title: "NAME", of: (project) => project.name },
                    { title: "ENV", of: (project) => plural(Object.keys(project.env).length, "key") },
                    { title: "CHANGED", of: (project) => relativeTime(project.updatedAt, invocation.host.clock.now()) },
                    { title: "ID", of: (project) => project.id, whole: true, spare: 1 },
                  ],
                  answer.projects,
                ),
          );
        }),
      ),
    "projects list",
  );

  withExample(
    projects
      .command("show")
      .argument("<project>", "id or name")
      .description("show one project with its env")
      .action(
        act(async (invocation) => {
          await showProject(invocation, (client) =>
            client.projects.get({ ...ofCompany(invocation), project: invocation.argument(0) }),
          );
        }),
      ),
    "projects show website",
  );

  withExample(
    projects
      .command("create")
      .description("create a project")
      .requiredOption("--name <name>", "its name")
      .option("--description <text>", "what it is for")
      .option("--env-file <file>", "its env: an object of env bindings, as JSON or YAML")
      .action(
        act<ProjectOptions>(async (invocation, { name = "", description, envFile }) => {
          const env = await readEnvFile(envFile);
          await showProject(invocation, (client) =>
            client.projects.create({ ...ofCompany(invocation), name, ...given({ description, env }) }),
          );
          warnOfPlainValues(invocation.output, env);
        }),
      ),
    "projects create --name website --env-file website.env.json",
  );

  withExample(
    projects
      .command("update")
      .argument("<project>", "id or name")
      .description("change a project's name, description or env")
      .option("--name <name>", "its new name")
      .option("--description <text>", "what it is for")
      .option("--env-file <file>", "its env from now on: an object of env bindings, as JSON or YAML")
      .action(
        act<ProjectOptions>(async (invocation, { name, description, envFile }) => {
          const env: EnvInput | undefined = await readEnvFile(envFile);
          await showProject(invocation, (client) =>
            client.projects.update({
              ...ofCompany(invocation),
              project: invocation.argument(0),
              ...given({ name, description, env }),
            }),
          );
          warnOfPlainValues(invocation.output, env);
        }),
      ),
    "projects update website --env-file website.env.json",
  );
}

async function showProject(
  invocation: Invocation,
  ask: (client: ContractClient) => Promise<ProjectRecord>,
): Promise<void> {
  const { project, keys } = await invocation.session(async (session) => {
    const project = await ask(session.client);
    return { project, keys: await secretKeysFor(invocation, session, project) };
  });
  const now = invocation.host.clock.now();
  invocation.output.answer(project, (output) =>
    output.fields([
      ["name", project.name],
      ["description", project.description],
      ["env", envText(project.env, keys)],
      ["changed", bothTimes(project.updatedAt, now)],
      ["id", project.id],
    ]),
  );
}
