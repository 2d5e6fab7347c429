import path from "node:path";
import { openControlPlane } from "./control-plane.ts";
import { startApp } from "./hosts/electron/app.ts";
import { appFiles } from "./instance/app-files.ts";

const { renderer } = appFiles(import.meta.dirname);
startApp({
  openControlPlane,
  rendererDirectory: renderer,
  preload: path.join(path.dirname(renderer), "preload", "index.cjs"),
});
