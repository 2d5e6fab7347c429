import { openControlPlane } from "../../../../main/control-plane.ts";
import type { ControlPlane } from "../../../../main/control-plane-port.ts";
import type { TestDatabase } from "../../../fixtures/database.ts";
import type { TestHome } from "../../../fixtures/home.ts";

/** How a database of a test is named in DATABASE_URL. */
export function urlOf({ options }: TestDatabase): string {
  const { host, port, user, password, database } = options;
  const server = `host=${encodeURIComponent(host ?? "")}&port=${String(port)}`;
  return `postgres://${user}:${password}@/${database}?${server}`;
}

/** An instance on the database of a server; on the one that its settings name where it is null. */
export function planeOn(database: TestDatabase | null, { paths, base }: TestHome): Promise<ControlPlane> {
  return openControlPlane({
    paths,
    kind: "serve",
    processEnv: {
      PATH: process.env["PATH"],
      HOME: base,
      ...(database === null ? {} : { DATABASE_URL: urlOf(database) }),
    },
    version: "1.2.3",
    // As an owner that goes on where its database cannot be opened, for the restore.
    rescue: true,
    onOwned: async () => async () => undefined,
  });
}
