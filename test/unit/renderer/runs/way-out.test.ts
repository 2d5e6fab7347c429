import { expect, test } from "vitest";
import type { RunDetail, RunFailure } from "../../../../preload/contract/runs.ts";
import { Refusal } from "../../../../main/contract/refusal.ts";
import { referenceFailure } from "../../../../main/environment/failures.ts";
import {
  databaseFailed,
  endedForRestore,
  ownerDied,
  ownerStopped,
  runFailure,
  sheetMissing,
  unexpected,
} from "../../../../main/runs/failures.ts";
import { adviceFor } from "../../../../renderer/features/runs/way-out.ts";

const SECRET_ID = "01890a5d-ac96-774b-bcce-b302099a8057";

const run = {
  manifest: [{ key: "GH_TOKEN", layer: "routine", source: "secret", secretId: SECRET_ID, outcome: "failure" }],
} as unknown as RunDetail;

function broken(code: string): RunFailure {
  return referenceFailure({
    code,
    key: "GH_TOKEN",
    layer: "project",
    secretId: SECRET_ID,
    secretKey: "gh-token",
    secretStatus: "disabled",
    selector: "latest",
  });
}

test("a secret that cannot be given out is opened, or the env that refers to it", () => {
  for (const code of ["secret_inactive", "version_missing", "version_inactive"]) {
    expect(adviceFor(run, broken(code)).ways).toEqual([
      { to: "secret", secret: SECRET_ID },
      { to: "layer", layer: "project" },
    ]);
  }
});

test("a secret that is not there is looked for in the env alone", () => {
  for (const code of ["secret_missing", "secret_foreign", "secret_deleted", "binding_missing"]) {
    expect(adviceFor(run, broken(code)).ways).toEqual([{ to: "layer", layer: "project" }]);
  }
});

test("without the manifest the secret is named by its key", () => {
  const [way] = adviceFor({ ...run, manifest: [] }, broken("secret_inactive")).ways;
  expect(way).toEqual({ to: "secret", secret: "gh-token" });
});

test("where the panel has a way, the words name no command", () => {
  const failures = [
    ...["vault_locked", "provider_error", "secret_inactive", "version_missing"].map(broken),
    ownerDied,
    ownerStopped,
    endedForRestore,
    sheetMissing,
    unexpected,
    databaseFailed(new Refusal("disk_full", "The disk is full; nothing was saved.", { next: "Free some space." })),
  ];
  for (const failure of failures) {
    const { ways, next } = adviceFor(run, failure);
    expect(ways.length).toBeGreaterThan(0);
    expect(next ?? "").not.toContain("paperclip-desktop ");
  }
});

test("what the panel has no way for keeps the words of the control plane", () => {
  const failure: RunFailure = {
    code: "new_one",
    message: "",
    next: "Do this.",
    layer: null,
    key: null,
    secretKey: null,
  };
  expect(adviceFor(run, failure)).toEqual({ ways: [], next: "Do this." });
});

test("what a service refused is mended at its agent, or tried again", () => {
  const failure = (code: string) => runFailure(code, "It was refused.", "Start the service.");
  for (const code of ["http_status", "connection_refused", "tls_refused"]) {
    expect(adviceFor(run, failure(code))).toEqual({
      ways: [{ to: "agent" }, { to: "retry" }],
      next: "Start the service.",
    });
  }
  expect(adviceFor(run, failure("env_missing")).ways).toEqual([{ to: "agent" }]);
});
