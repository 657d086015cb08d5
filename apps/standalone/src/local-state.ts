import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { standaloneConfig } from './standalone.config.js';

const secrets = z.object({
  sealKey: z.string(),
  secretKey: z.string(),
  databasePassword: z.string(),
  busPassword: z.string(),
});

/** What a laptop's Gatehouse keeps between two starts: its folder, and secrets that only its user can read. */
export interface LocalState extends z.output<typeof secrets> {
  readonly folder: string;
}

/** Opens the folder (`GATEHOUSE_DIR`, else `.gatehouse`), drawing fresh secrets at the first start. */
export async function openLocalState(env: NodeJS.ProcessEnv = process.env): Promise<LocalState> {
  const kept = await keptState(env);
  if (kept) return kept;
  const { folder, file } = placeOf(env);
  await mkdir(folder, { recursive: true });
  const drawn = {
    sealKey: randomBytes(32).toString('base64'),
    secretKey: randomBytes(32).toString('base64'),
    databasePassword: randomBytes(24).toString('base64url'),
    busPassword: randomBytes(24).toString('base64url'),
  };
  await writePrivately(file, drawn);
  return { folder, ...drawn };
}

/** What an earlier start has drawn, if there was one. */
async function keptState(env: NodeJS.ProcessEnv): Promise<LocalState | undefined> {
  const { folder, file } = placeOf(env);
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  return kept === undefined ? undefined : { folder, ...secrets.parse(JSON.parse(kept)) };
}

function placeOf(env: NodeJS.ProcessEnv) {
  const folder = resolve(readConfig(standaloneConfig, env).GATEHOUSE_DIR);
  return { folder, file: join(folder, 'secrets.json') };
}

/** `SEAL_KEYS`; else the key that this folder's Gatehouse seals with, if it was ever started. */
export async function sealKeysOf(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  return env['SEAL_KEYS'] || sealKeys(await keptState(env));
}

/** The keys that a folder's own Gatehouse seals with, as `SEAL_KEYS` has them. */
export function sealKeys(state: LocalState): string;
export function sealKeys(state: LocalState | undefined): string | undefined;
export function sealKeys(state: LocalState | undefined): string | undefined {
  return state && `local:${state.sealKey}`;
}

/** Writes JSON that nobody else may read, whole or not at all. */
export async function writePrivately(file: string, value: unknown): Promise<void> {
  const half = `${file}.${process.pid}`;
  await writeFile(half, JSON.stringify(value), { mode: 0o600 });
  await chmod(half, 0o600);
  await rename(half, file);
}
