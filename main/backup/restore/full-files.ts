import { readFile } from "node:fs/promises";
import path from "node:path";
import { parseDotenv } from "../../instance/dotenv.ts";
import type { InstancePaths } from "../../instance/paths.ts";
import { readIfThere, writePrivateFile } from "../../instance/permissions.ts";
import { ROOTS } from "../full/format.ts";
import { isThere } from "./places.ts";
import type { IncomingFile } from "./plan.ts";
import type { FullSource } from "./source.ts";

type Json = { [name: string]: unknown };

const DATABASE_NAMES = ["DATABASE_URL", "DATABASE_MIGRATION_URL"];
const KEY_NAMES = ["PAPERCLIP_SECRETS_MASTER_KEY", "PAPERCLIP_SECRETS_MASTER_KEY_FILE"];
/** Where the database and the key are is this machine's own: a backup says where they were on the one that it is of. */
const OF_THE_MACHINE = new RegExp(
  String.raw`^[ \t]*(?:export[ \t]+)?(${[...DATABASE_NAMES, ...KEY_NAMES].join("|")})[ \t]*=.*(?:\r?\n|$)`,
  "gm",
);

/**
 * What of a backup of everything takes the place of what stands in the instance: its files and settings, and its key where
 * the one here does not open the database. What the backup has none of stays as it is.
 */
export async function incomingFiles(
  paths: InstancePaths,
  { opened }: Pick<FullSource, "opened">,
  withKey: boolean,
): Promise<IncomingFile[]> {
  if (opened === null) return [];
  const incoming: IncomingFile[] = [];
  const key = withKey ? opened.keyFile : null;
  if (key !== null) incoming.push({ place: paths.masterKey, incoming: key });
  for (const root of ROOTS) {
    const folder = path.join(opened.files, root);
    if (await isThere(folder)) incoming.push({ place: path.join(paths.root, root), incoming: folder });
  }
  const config = opened.settings.get("config.json");
  const here = await readIfThere(paths.config);
  // A key that comes along is looked for in its file: settings here that name another place say so no more.
  if (config !== undefined || (key !== null && here !== null)) {
    const restored = config === undefined ? parseJson(here) : await readJson(config);
    const merged = mergeConfig(restored, parseJson(here), key !== null);
    const file = config ?? path.join(path.dirname(opened.files), "config.json");
    await writePrivateFile(file, `${JSON.stringify(merged, null, 2)}\n`);
    incoming.push({ place: paths.config, incoming: file });
  }
  const env = await incomingEnv(paths, opened, key !== null);
  if (env !== null) incoming.push({ place: paths.envFile, incoming: env });
  return incoming;
}

/**
 * The `.env` of the backup with the names of database and key as they are here; but not those of the key where it comes
 * along as a file. Null where nothing takes the place of the one here, also where the two cannot be told apart line by line.
 */
async function incomingEnv(
  paths: InstancePaths,
  { settings, files }: NonNullable<FullSource["opened"]>,
  withKey: boolean,
): Promise<string | null> {
  const restored = settings.get(".env");
  const here = (await readIfThere(paths.envFile)) ?? "";
  const ofHere = parseDotenv(here);
  const stays = (name: string) => DATABASE_NAMES.includes(name) || !withKey;
  const goes = KEY_NAMES.some((name) => !stays(name) && ofHere.has(name));
  if (restored === undefined && !goes) return null;
  const others = (restored === undefined ? here : await readFile(restored, "utf8")).replaceAll(OF_THE_MACHINE, "");
  const lines = [...here.matchAll(OF_THE_MACHINE)].filter(([, name = ""]) => stays(name)).map(([line]) => line.trim());
  const text = lines.length === 0 ? others : `${others.replace(/[^\n]$/, "$&\n")}${lines.join("\n")}\n`;
  const merged = parseDotenv(text);
  const expected = (name: string) => (stays(name) ? ofHere.get(name) : undefined);
  if ([...DATABASE_NAMES, ...KEY_NAMES].some((name) => merged.get(name) !== expected(name))) return null;
  const file = restored ?? path.join(path.dirname(files), "env");
  await writePrivateFile(file, text);
  return file;
}

/**
 * The settings as they are here, with the key looked for in the place of this custody; written into `directory`. Null where
 * it is looked for there already.
 */
export async function settingsWithCustody(
  paths: InstancePaths,
  custody: "file" | "keychain",
  directory: string,
): Promise<IncomingFile | null> {
  const here = parseJson(await readIfThere(paths.config));
  const secrets = asObject(here["secrets"]);
  if ((secrets["custody"] ?? "file") === custody) return null;
  const incoming = path.join(directory, "config.json");
  const settings = { ...here, secrets: { ...secrets, custody } };
  await writePrivateFile(incoming, `${JSON.stringify(settings, null, 2)}\n`);
  return { place: paths.config, incoming };
}

/** The settings of the backup, but where the database is, and where the key is unless it comes along as a file. */
function mergeConfig(restored: Json, here: Json, withKey: boolean): Json {
  const { database: _, secrets, ...rest } = restored;
  const ofSecrets = Object.fromEntries(
    Object.entries(asObject(secrets)).filter(([name]) => name !== "custody" && name !== "localEncrypted"),
  );
  const placeHere = asObject(here["secrets"]);
  const place = withKey
    ? { custody: "file" }
    : {
        ...("custody" in placeHere ? { custody: placeHere["custody"] } : {}),
        ...("localEncrypted" in placeHere ? { localEncrypted: placeHere["localEncrypted"] } : {}),
      };
  return {
    ...rest,
    ...("database" in here ? { database: here["database"] } : {}),
    ...(secrets === undefined && Object.keys(place).length === 0 ? {} : { secrets: { ...ofSecrets, ...place } }),
  };
}

async function readJson(file: string): Promise<Json> {
  return parseJson(await readFile(file, "utf8"));
}

function parseJson(text: string | null): Json {
  try {
    return asObject(JSON.parse(text ?? "{}"));
  } catch {
    return {};
  }
}

function asObject(value: unknown): Json {
  return typeof value === "object" && value !== null && !Array.isArray(value) ? (value as Json) : {};
}
