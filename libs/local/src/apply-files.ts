import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { isAbsolute, join, normalize, relative, resolve, sep } from 'node:path';
import {
  type ApplyMode,
  applyBlueprints,
  type BlueprintFile,
  type BlueprintLibrary,
  type DraftReport,
  type DryRun,
  draftBlueprints,
  FLOW_SCHEMA,
  type FolderFile,
  findBlueprint,
  type PythonSyntaxChecker,
  planBlueprints,
  type Report,
} from '@gatehouse/blueprints';
import { type ApiVersion, apiVersionSetting } from '@gatehouse/contracts';
import { directoryEntities } from '@gatehouse/directory';
import { withSyntaxChecker } from '@gatehouse/expressions';
import type { CommandEventRecorder } from '@gatehouse/outbox';
import { openDataSource, readConfig, Sealer } from '@gatehouse/platform';
import { hashPassword, isKnownHash, verifyPassword } from '@gatehouse/stages/password';
import { blueprintFileReader } from './blueprint-file-reader.js';
import { CommandError } from './command-error.js';
import { ExternalStageClient } from './external-stage-client.js';
import { standaloneConfig } from './local.config.js';

/** Returns the folder of the blueprints that the first start applies, and that other blueprints may require. */
export const blueprintsFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  readConfig(standaloneConfig, env).BLUEPRINTS_DIR;

/** Returns the function that reads files for the tag `!File`, or undefined without the setting `BLUEPRINT_FILES`. */
export const fileReaderOf = (env: NodeJS.ProcessEnv) =>
  blueprintFileReader(readConfig(standaloneConfig, env).BLUEPRINT_FILES);

/** Returns whether unknown keys and fields of blueprints are ignored by default (`BLUEPRINTS_LENIENT`). */
export const isLenient = (env: NodeJS.ProcessEnv): boolean =>
  readConfig(standaloneConfig, env).BLUEPRINTS_LENIENT === 'true';

/** Returns the API line of authentik whose models, fields and values blueprints may have. */
export const apiVersionIn = (env: NodeJS.ProcessEnv): ApiVersion => readConfig(apiVersionSetting, env).API_VERSION;

/**
 * Reads the named blueprint files, and all blueprint files in the named folders. Throws CommandError for a file that
 * cannot be read.
 */
export async function readFiles(names: readonly string[]): Promise<BlueprintFile[]> {
  const files = await Promise.all(
    names.map(async (name) => ((await isFolder(name)) ? readFolder(name) : readBlueprint(name))),
  );
  return files.flat();
}

const isFolder = async (name: string) => (await stat(name).catch(() => undefined))?.isDirectory() === true;

async function readBlueprint(name: string): Promise<BlueprintFile> {
  const text = await readFile(name, 'utf8').catch((error: Error) => {
    throw new CommandError(`${name} cannot be read: ${error.message}`);
  });
  return { name: normalize(name), text };
}

/**
 * Reads the blueprints of a folder and its subfolders in the order of their paths. Skips hidden files and folders.
 * Throws CommandError if the folder or a file cannot be read.
 */
export async function readFolder(folder: string): Promise<FolderFile[]> {
  const names = await readdir(folder, { recursive: true }).catch((error: Error) => {
    throw new CommandError(`${folder} cannot be read: ${error.message}`);
  });
  const allPaths = names.map((path) => path.split(sep).join('/'));
  const paths = allPaths.filter((path) => BLUEPRINT.test(path) && !HIDDEN.test(path)).sort();
  return Promise.all(paths.map(async (path) => ({ ...(await readBlueprint(join(folder, path))), path })));
}

const BLUEPRINT = /\.(yaml|json)$/;
const HIDDEN = /(^|\/)\./;

/**
 * Returns whether the hash `stored` matches the password of a blueprint entry. If it does, `applyBlueprints` keeps the
 * hash, even an outdated one, because a new hash would end the user's sessions.
 */
const verify = async (password: string, stored: string) => (await verifyPassword(password, stored)) !== 'wrong';

/**
 * Returns whether a text is a password hash that a login can check, or the mark of an account without a password (`!`).
 */
export const isHash = (text: string) => text.startsWith('!') || isKnownHash(text);

/** Options of reading files for a database. */
export interface FileOptions {
  /** Environment variables for `!Env`, and for the connection to external stages. */
  readonly env?: NodeJS.ProcessEnv;
  /** Folder in which required blueprints are looked up. */
  readonly folder?: string;
  /** Whether unknown models are refused. By default, an unknown model is skipped if no login depends on it. */
  readonly strict?: boolean;
  /** Whether unknown keys and fields are ignored with a warning. The default is the setting `BLUEPRINTS_LENIENT`. */
  readonly lenient?: boolean;
  /** The keys of `SEAL_KEYS`. Without keys, no object can have a secret. */
  readonly sealKeys?: string | undefined;
  /** Checks the syntax of expressions. The caller closes it. By default, each apply starts a Python process. */
  readonly syntax?: PythonSyntaxChecker | undefined;
  /** Writes audit events of the changes. By default, none are written. */
  readonly events?: CommandEventRecorder | undefined;
}

/** Options of applying files. */
export interface ApplyOptions extends FileOptions {
  /** When and what to apply, see `ApplyMode`. Default: `apply`. */
  readonly mode?: ApplyMode;
}

/** Returns a library that finds required blueprints in a folder. */
export const folderLibrary =
  (folder = blueprintsFolder()): BlueprintLibrary =>
  async (reference) =>
    existsSync(folder) ? findBlueprint(await readFolder(folder), reference) : undefined;

/**
 * Returns the files without duplicates, and a library in which each of them has the name that the command gives. A run
 * identifies files by their names, so it would apply a file with a relative and an absolute name twice.
 */
function withOneNameEach(files: readonly BlueprintFile[], library: BlueprintLibrary) {
  const named = new Map([...files].reverse().map((file) => [resolve(file.name), file]));
  const find: BlueprintLibrary = async (reference) => {
    const found = await library(reference);
    return found && (named.get(resolve(found.name)) ?? found);
  };
  return { files: files.filter((file) => named.get(resolve(file.name)) === file), library: find };
}

/**
 * Returns a function from a file to its path relative to `folder`, or to `undefined` for a file outside of the folder.
 */
const pathIn =
  (folder: string) =>
  ({ name }: BlueprintFile) => {
    const path = relative(folder, name).split(sep).join('/');
    return path.startsWith('../') || isAbsolute(path) ? undefined : path;
  };

/**
 * Applies blueprints to the database at `url`, all of them or none. With the mode `compare`, the report says what they
 * would change.
 */
export const applyFiles = (
  url: string,
  files: readonly BlueprintFile[],
  { mode = 'apply', ...options }: ApplyOptions = {},
): Promise<Report> => withFiles({ url, files }, options, (prepared) => applyBlueprints({ ...prepared, mode }));

/** Compiles the flows that blueprints affect into drafts, and changes nothing else. */
export const draftFiles = (url: string, files: readonly BlueprintFile[], options: FileOptions): Promise<DraftReport> =>
  withFiles({ url, files }, options, draftBlueprints);

/** Returns what applying blueprints would do, and changes nothing. */
export const planFiles = (url: string, files: readonly BlueprintFile[], options: FileOptions): Promise<DryRun> =>
  withFiles({ url, files }, options, planBlueprints);

/** Returns the options of a run that settings define, or for which settings have the default. */
function settingsOf({ strict = false, lenient }: FileOptions, env: NodeJS.ProcessEnv) {
  const { FLOW_VERSIONS_KEPT: flowVersionsKept, FLOW_RELEASES_KEPT: releasesKept } = readConfig(standaloneConfig, env);
  return {
    ...{ strict, lenient: lenient ?? isLenient(env), apiVersion: apiVersionIn(env), readFile: fileReaderOf(env) },
    ...{ flowVersionsKept, releasesKept },
  };
}

/** Calls `use` with the files, the database and the settings. */
async function withFiles<T>(
  { url, files }: { readonly url: string; readonly files: readonly BlueprintFile[] },
  { env = process.env, folder = blueprintsFolder(), sealKeys, syntax: given, events, ...options }: FileOptions,
  use: (prepared: Parameters<typeof planBlueprints>[0]) => Promise<T>,
): Promise<T> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 2 });
  const externalStages = new ExternalStageClient(env);
  const sealer = sealKeys === undefined ? undefined : new Sealer(sealKeys);
  try {
    return await withSyntaxChecker(given, (syntax) =>
      use({
        ...{
          source,
          ...withOneNameEach(files, folderLibrary(folder)),
          env,
          sealer,
          externalStages,
          syntax,
          ...settingsOf(options, env),
        },
        ...{ hash: hashPassword, verify, isHash, folderPathOf: pathIn(folder), events, actor: events?.command },
      }),
    );
  } finally {
    await externalStages.close();
    await source.destroy();
  }
}
