import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { join, normalize, sep } from 'node:path';
import {
  applyBlueprints,
  type BlueprintFile,
  FLOW_SCHEMA,
  type FolderFile,
  findBlueprint,
  type Library,
  type Report,
} from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { openDataSource, readConfig, Sealer } from '@gatehouse/platform';
import { comparePassword, hashPassword } from '@gatehouse/stages/password';
import { CommandError } from './command.js';
import { PythonErrand } from './python-errand.js';
import { StageErrand } from './stage-errand.js';
import { standaloneConfig } from './standalone.config.js';

/** Where blueprints are that apply themselves, and that others can require. */
export const blueprintsFolder = (env: NodeJS.ProcessEnv = process.env): string =>
  readConfig(standaloneConfig, env).BLUEPRINTS_DIR;

/** Reads blueprint files. Throws CommandError for one that cannot be read. */
export const readFiles = (names: readonly string[]): Promise<BlueprintFile[]> =>
  Promise.all(
    names.map(async (name) => {
      const text = await readFile(name, 'utf8').catch((error: Error) => {
        throw new CommandError(`${name} cannot be read: ${error.message}`);
      });
      return { name: normalize(name), text };
    }),
  );

/** Reads the blueprints of a folder and of those in it, hidden ones aside, in the order of their paths. */
export async function readFolder(folder: string): Promise<FolderFile[]> {
  const inside = (await readdir(folder, { recursive: true })).map((path) => path.split(sep).join('/'));
  const paths = inside.filter((path) => path.endsWith('.yaml') && !HIDDEN.test(path)).sort();
  const files = await readFiles(paths.map((path) => join(folder, path)));
  return files.map((file, i) => ({ ...file, path: paths[i] as string }));
}

const HIDDEN = /(^|\/)\./;

/** A password that is right already stays as it is, so that applying a file again ends nobody's sessions. */
const verify = async (password: string, stored: string) => (await comparePassword(password, stored)) !== 'wrong';

interface Place {
  /** What `!Env` reads, and where the bus of other people's stages is. */
  readonly env?: NodeJS.ProcessEnv;
  /** Where a required blueprint is looked for. */
  readonly folder?: string;
  /** `SEAL_KEYS`; without them no object can have a secret. */
  readonly sealKeys?: string | undefined;
}

/** Applies blueprints to the database at `url`, all of them or none. */
export async function applyFiles(
  url: string,
  files: readonly BlueprintFile[],
  { env = process.env, folder = blueprintsFolder(), sealKeys }: Place = {},
): Promise<Report> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 2 });
  const library: Library = async (wanted) =>
    existsSync(folder) ? findBlueprint(await readFolder(folder), wanted) : undefined;
  const strangers = new StageErrand(env);
  const syntax = new PythonErrand();
  const sealer = sealKeys === undefined ? undefined : new Sealer(sealKeys);
  try {
    const given = { source, files, library, env, sealer, strangers, syntax, hash: hashPassword, verify };
    return await applyBlueprints(given);
  } finally {
    await syntax.close();
    await strangers.close();
    await source.destroy();
  }
}
