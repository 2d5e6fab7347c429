import { once } from "node:events";
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import path from "node:path";
import { build } from "vite";

/** A page on loopback that holds nothing but the plain table, built for production. */
export async function servePlainPage(directory: string): Promise<{ readonly url: string; close(): void }> {
  await build({
    configFile: false,
    logLevel: "error",
    root: directory,
    // As the panel is built: whoever runs this bench may have another environment.
    define: { "process.env.NODE_ENV": JSON.stringify("production") },
    oxc: { jsx: { runtime: "automatic", development: false } },
    build: {
      outDir: directory,
      emptyOutDir: false,
      rolldownOptions: {
        input: path.resolve(import.meta.dirname, "plain-runs.tsx"),
        output: { entryFileNames: "plain-runs.js", codeSplitting: false },
      },
    },
  });
  const script = await readFile(path.join(directory, "plain-runs.js"));
  const style = "table{table-layout:fixed;width:100%;font:13px sans-serif}tr{height:32px}td{white-space:nowrap}";
  const html = `<!doctype html><title>Plain</title><style>${style}</style><div id="root"></div><script type="module" src="/plain-runs.js"></script>`;
  const server = createServer((request, response) => {
    const isScript = request.url === "/plain-runs.js";
    response.setHeader("content-type", isScript ? "text/javascript" : "text/html");
    response.end(isScript ? script : html);
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
