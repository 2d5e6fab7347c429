#!/usr/bin/env node
// The command line. In the repository it builds what it needs first; an installed package is built already.
import { ensureBuilt } from "../scripts/ensure-built.mjs";

ensureBuilt();
await import("../out/main/cli.js");
