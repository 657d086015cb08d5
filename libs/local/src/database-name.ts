import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { localFolder } from './local-state.js';

/**
 * Returns a description of the database that a command changes, without its password: that of DATABASE_URL, or the
 * embedded one of GATEHOUSE_DIR. Says so if the embedded database is new.
 */
export function databaseName(env: NodeJS.ProcessEnv): string {
  const url = env['DATABASE_URL'];
  if (url) return nameOf(url);
  const folder = localFolder(env);
  if (!isNewDatabase(env)) return `the embedded one in ${folder}`;
  return `a new, empty one in ${folder}, because DATABASE_URL is not set. Set DATABASE_URL, or GATEHOUSE_DIR to the folder of your \`npm start\`, to change another one`;
}

/**
 * Returns whether a command would create the embedded database, because DATABASE_URL is not set and there is none yet.
 */
export const isNewDatabase = (env: NodeJS.ProcessEnv): boolean =>
  !env['DATABASE_URL'] && !existsSync(join(localFolder(env), 'postgres'));

function nameOf(url: string): string {
  try {
    const { host, pathname, searchParams } = new URL(url);
    return `${host || searchParams.get('host') || 'localhost'}${decodeURIComponent(pathname)}`;
  } catch {
    return 'that of DATABASE_URL';
  }
}
