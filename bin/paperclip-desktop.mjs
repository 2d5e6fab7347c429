#!/usr/bin/env -S node --
// The command line. In the repository it builds what it needs first; an installed package is built already.
// The `--` keeps Node from taking `--env-file` for its own, which is an option of commands.
import { ensureBuilt } from "../scripts/ensure-built.mjs";

ensureBuilt();
await import("../out/main/cli.js");
