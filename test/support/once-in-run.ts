import { existsSync } from 'node:fs';
import { mkdir, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { inject } from 'vitest';
import { onServer } from './postgres-databases.js';
import { runFolder } from './run-folder.js';

/**
 * Makes a folder once for all workers of the test run, and returns its path. `make` gets the path of a folder that does
 * not exist yet.
 */
export async function onceInRun(name: string, make: (folder: string) => Promise<unknown>): Promise<string> {
  const parent = runFolder(inject('runId'));
  const [folder, unfinished] = [join(parent, name), join(parent, `${name}.new`)];
  await onServer(inject('postgresUrl'), async (client) => {
    // The lock ends with the connection.
    await client.query('SELECT pg_advisory_lock(hashtext($1))', [folder]);
    if (existsSync(folder)) return;
    await mkdir(parent, { recursive: true });
    await rm(unfinished, { recursive: true, force: true });
    await make(unfinished);
    await rename(unfinished, folder);
  });
  return folder;
}
