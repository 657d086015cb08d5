import { existsSync } from 'node:fs';
import { readdir, readFile, stat } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import {
  applyBlueprints,
  type BlueprintFile,
  type BlueprintLibrary,
  FLOW_SCHEMA,
  type FolderFile,
  findBlueprint,
  type Report,
} from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { openDataSource, readConfig, Sealer } from '@gatehouse/platform';
import { hashPassword, verifyPassword } from '@gatehouse/stages/password';
import { CommandError } from './command-error.js';
import { ExternalStageClient } from './external-stage-client.js';
import { standaloneConfig } from './local.config.js';
import { LazyPythonSyntaxChecker } from './python-syntax-checker.js';

/** Where blueprints are that apply themselves, and that others can require. */
export const blueprintsFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  readConfig(standaloneConfig, env).BLUEPRINTS_DIR;

/** Reads blueprint files, and all those of a folder that is named. Throws CommandError for one that cannot be read. */
export async function readFiles(names: readonly string[]): Promise<BlueprintFile[]> {
  const files = await Promise.all(
    names.map(async (name) => ((await isFolder(name)) ? readFolder(name) : readOne(name))),
  );
  return files.flat();
}

const isFolder = async (name: string) => (await stat(name).catch(() => undefined))?.isDirectory() === true;

async function readOne(name: string): Promise<BlueprintFile> {
  const text = await readFile(name, 'utf8').catch((error: Error) => {
    throw new CommandError(`${name} cannot be read: ${error.message}`);
  });
  return { name: normalize(name), text };
}

/** Reads the blueprints of a folder and of those in it, hidden ones aside, in the order of their paths. */
export async function readFolder(folder: string): Promise<FolderFile[]> {
  const inside = (await readdir(folder, { recursive: true })).map((path) => path.split(sep).join('/'));
  const paths = inside.filter((path) => BLUEPRINT.test(path) && !HIDDEN.test(path)).sort();
  return Promise.all(paths.map(async (path) => ({ ...(await readOne(join(folder, path))), path })));
}

const BLUEPRINT = /\.(yaml|json)$/;
const HIDDEN = /(^|\/)\./;

/** A password that is right already stays as it is, so that applying a file again ends nobody's sessions. */
const verify = async (password: string, stored: string) => (await verifyPassword(password, stored)) !== 'wrong';

interface ApplyEnvironment {
  /** What `!Env` reads, and where the bus of other people's stages is. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where a required blueprint is looked for. */
  readonly folder?: string;
  /** Whether models that are not here are refused, instead of left out where no login depends on them. */
  readonly strict?: boolean;
  /** `SEAL_KEYS`; without them no object can have a secret. */
  readonly sealKeys?: string | undefined;
}

/** The blueprints of a folder, for those that require others. */
export const folderLibrary =
  (folder = blueprintsFolder()): BlueprintLibrary =>
  async (wanted) =>
    existsSync(folder) ? findBlueprint(await readFolder(folder), wanted) : undefined;

/** Applies blueprints to the database at `url`, all of them or none. */
export async function applyFiles(
  url: string,
  files: readonly BlueprintFile[],
  { env = process.env, folder = blueprintsFolder(), sealKeys, strict = false }: ApplyEnvironment = {},
): Promise<Report> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 2 });
  const library = folderLibrary(folder);
  const externalStages = new ExternalStageClient(env);
  const syntax = new LazyPythonSyntaxChecker();
  const sealer = sealKeys === undefined ? undefined : new Sealer(sealKeys);
  try {
    const given = { source, files, library, env, sealer, strict, externalStages, syntax, hash: hashPassword, verify };
    return await applyBlueprints(given);
  } finally {
    await syntax.close();
    await externalStages.close();
    await source.destroy();
  }
}
