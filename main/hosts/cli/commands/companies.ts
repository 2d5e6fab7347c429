import type { Command } from "commander";
import type { CompanyRecord } from "../../../../preload/contract/work.ts";
import { bothTimes, relativeTime } from "../format.ts";
import { given, ofCompany, withExample } from "../invocation.ts";
import type { Act, Invocation } from "../invocation.ts";

interface CompanyOptions {
  name?: string;
  prefix?: string;
}

export function addCompanies(program: Command, act: Act): void {
  const companies = program.command("companies").description("the outer boundary of all data");

  withExample(
    companies
      .command("list")
      .description("list all companies")
      .action(
        act(async (invocation) => {
          const answer = await invocation.session(({ client }) => client.companies.list());
          invocation.output.answer(answer, (output) =>
            answer.companies.length === 0
              ? `${output.hint("There is no company yet. Create one: `paperclip-desktop companies create --name NAME`")}\n`
              : output.table(
                  [
                    { title: "NAME", of: (company) => company.name },
                    { title: "PREFIX", of: (company) => company.issuePrefix },
                    {
                      title: "CREATED",
                      of: (company) => relativeTime(company.createdAt, invocation.host.clock.now()),
                    },
                    { title: "ID", of: (company) => company.id, whole: true, spare: 1 },
                  ],
                  answer.companies,
                ),
          );
        }),
      ),
    "companies list",
  );

  withExample(
    companies
      .command("show")
      .argument("[company]", "id, name or issue prefix; may be left out while there is one company")
      .description("show one company")
      .action(
        act(async (invocation) => {
          const company = await invocation.session(async ({ client }) => {
            const [only, ...others] = (await client.companies.list()).companies;
            const named = invocation.argumentOr(0, ofCompany(invocation).company);
            if (named === undefined && only && others.length === 0) return only;
            return client.companies.get({ company: named ?? "" });
          });
          showCompany(invocation, company);
        }),
      ),
    "companies show ACME",
  );

  withExample(
    companies
      .command("create")
      .description("create a company")
      .requiredOption("--name <name>", "its name")
      .option("--prefix <prefix>", "prefix of its issue keys, such as ACME; made from the name where left out")
      .action(
        act<CompanyOptions>(async (invocation, { name = "", prefix }) => {
          const company = await invocation.session(({ client }) =>
            client.companies.create({ name, ...given({ issuePrefix: prefix }) }),
          );
          showCompany(invocation, company);
        }),
      ),
    "companies create --name Acme --prefix ACME",
  );

  withExample(
    companies
      .command("update")
      .argument("<company>", "id, name or issue prefix")
      .description("rename a company or change its issue prefix")
      .option("--name <name>", "its new name")
      .option("--prefix <prefix>", "its new issue prefix")
      .action(
        act<CompanyOptions>(async (invocation, { name, prefix }) => {
          const company = await invocation.session(({ client }) =>
            client.companies.update({ company: invocation.argument(0), ...given({ name, issuePrefix: prefix }) }),
          );
          showCompany(invocation, company);
        }),
      ),
    'companies update ACME --name "Acme Works"',
  );
}

function showCompany({ output, host }: Invocation, company: CompanyRecord): void {
  const now = host.clock.now();
  output.answer(company, () =>
    output.fields([
      ["name", company.name],
      ["prefix", company.issuePrefix],
      ["created", bothTimes(company.createdAt, now)],
      ["id", company.id],
    ]),
  );
}
