import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { parseEnv, promisify } from 'node:util';
import type { Environment } from './compose.js';

const run = promisify(execFile);

/** Runs `npm run deploy:env -- <file>`, which adds missing settings, and returns the output. */
export async function completeEnvFile(file: string): Promise<string> {
  return (await run(process.execPath, ['tools/deploy-env.mjs', file])).stdout;
}

/** Runs `npm run deploy:env` in a folder, which adds missing settings to `.env` and `secrets.env`. */
export async function completeFolder(folder: string): Promise<void> {
  await run(process.execPath, [resolve('tools/deploy-env.mjs')], { cwd: folder });
}

/** Returns the settings of an env file. */
export const readEnvFile = async (file: string): Promise<Environment> =>
  parseEnv(await readFile(file, 'utf8')) as Environment;

/** Returns the settings of a newly generated `.env`. */
export async function freshEnvironment(): Promise<Environment> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-env-'));
  try {
    const file = join(folder, '.env');
    await completeEnvFile(file);
    return await readEnvFile(file);
  } finally {
    await rm(folder, { recursive: true });
  }
}
