import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { standaloneConfig } from './local.config.js';

const secrets = z.object({
  sealKey: z.string(),
  mfaSealKey: z.string(),
  secretKey: z.string(),
  databasePassword: z.string(),
  busPassword: z.string(),
});

/** What a laptop's Gatehouse keeps between two starts: its folder, and secrets that only its user can read. */
export interface LocalState extends z.output<typeof secrets> {
  readonly folder: string;
}

/** Opens the folder (`GATEHOUSE_DIR`, else `.gatehouse`), drawing the secrets that it lacks. */
export async function openLocalState(env: NodeJS.ProcessEnv = process.env): Promise<LocalState> {
  const { folder, file } = placeOf(env);
  const before = await storedSecrets(env);
  const all = secrets.parse({
    sealKey: randomBytes(32).toString('base64'),
    mfaSealKey: randomBytes(32).toString('base64'),
    secretKey: randomBytes(32).toString('base64'),
    databasePassword: randomBytes(24).toString('base64url'),
    busPassword: randomBytes(24).toString('base64url'),
    ...before,
  });
  await mkdir(folder, { recursive: true });
  // A later version may need more of them than the one that drew the first.
  if (Object.keys(all).some((name) => !(name in before))) await writePrivateFile(file, all);
  return { folder, ...all };
}

/** What earlier starts have drawn. */
async function storedSecrets(env: NodeJS.ProcessEnv): Promise<Partial<z.output<typeof secrets>>> {
  const kept = await readFile(placeOf(env).file, 'utf8').catch(() => '{}');
  const known = secrets.partial().parse(JSON.parse(kept));
  return Object.fromEntries(Object.entries(known).filter(([, value]) => value !== undefined));
}

function placeOf(env: NodeJS.ProcessEnv) {
  const folder = resolve(readConfig(standaloneConfig, env).GATEHOUSE_DIR);
  return { folder, file: join(folder, 'secrets.json') };
}

/** `SEAL_KEYS`; else the key that this folder's Gatehouse seals with, if it was ever started. */
export async function sealKeysOf(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  return env['SEAL_KEYS'] || sealKeys((await storedSecrets(env)).sealKey);
}

/** `MFA_SEAL_KEYS`, likewise. */
export async function mfaSealKeysOf(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  return env['MFA_SEAL_KEYS'] || sealKeys((await storedSecrets(env)).mfaSealKey);
}

/** A key of a folder's own Gatehouse, as `SEAL_KEYS` has it. */
export function sealKeys(key: string): string;
export function sealKeys(key: string | undefined): string | undefined;
export function sealKeys(key: string | undefined): string | undefined {
  return key && `local:${key}`;
}

/** Writes JSON that nobody else may read, whole or not at all. */
export async function writePrivateFile(file: string, value: unknown): Promise<void> {
  const half = `${file}.${process.pid}`;
  await writeFile(half, JSON.stringify(value), { mode: 0o600 });
  await chmod(half, 0o600);
  await rename(half, file);
}
