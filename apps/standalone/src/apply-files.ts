import { readFile } from 'node:fs/promises';
import { applyBlueprints, FLOW_SCHEMA, type Report } from '@gatehouse/blueprints';
import { directoryEntities } from '@gatehouse/directory';
import { openDataSource } from '@gatehouse/platform';
import { comparePassword, hashPassword } from '@gatehouse/stages/password';
import { CommandError } from './command.js';

/** A blueprint by name and text, as read from a file. */
export interface BlueprintFile {
  readonly name: string;
  readonly text: string;
}

/** Reads blueprint files. Throws CommandError for one that cannot be read. */
export const readFiles = (names: readonly string[]): Promise<BlueprintFile[]> =>
  Promise.all(
    names.map(async (name) => {
      const text = await readFile(name, 'utf8').catch((error: Error) => {
        throw new CommandError(`${name} cannot be read: ${error.message}`);
      });
      return { name, text };
    }),
  );

/** A password that is right already stays as it is, so that applying a file again ends nobody's sessions. */
const verify = async (password: string, stored: string) => (await comparePassword(password, stored)) !== 'wrong';

/** Applies blueprints to the database at `url`, all of them or none. */
export async function applyFiles(url: string, files: readonly BlueprintFile[], env = process.env): Promise<Report> {
  const source = await openDataSource({ url, schema: FLOW_SCHEMA, entities: directoryEntities, poolSize: 2 });
  try {
    return await applyBlueprints({ source, files, env, hash: hashPassword, verify });
  } finally {
    await source.destroy();
  }
}
