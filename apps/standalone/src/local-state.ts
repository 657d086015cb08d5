import { randomBytes } from 'node:crypto';
import { chmod, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { readConfig } from '@gatehouse/platform';
import { z } from 'zod';
import { standaloneConfig } from './standalone.config.js';

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

/** Opens the folder (`GATEHOUSE_DIR`, else `.gatehouse`), drawing fresh secrets at the first start. */
export async function openLocalState(env: NodeJS.ProcessEnv = process.env): Promise<LocalState> {
  const folder = resolve(readConfig(standaloneConfig, env).GATEHOUSE_DIR);
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'secrets.json');
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  const before = secrets.partial().parse(JSON.parse(kept ?? '{}'));
  const all = secrets.parse({
    sealKey: randomBytes(32).toString('base64'),
    mfaSealKey: randomBytes(32).toString('base64'),
    secretKey: randomBytes(32).toString('base64'),
    databasePassword: randomBytes(24).toString('base64url'),
    busPassword: randomBytes(24).toString('base64url'),
    ...before,
  });
  // A later version may need more of them than the one that drew the first.
  if (Object.keys(all).some((name) => !(name in before))) await writePrivately(file, all);
  return { folder, ...all };
}

/** Writes JSON that nobody else may read, whole or not at all. */
export async function writePrivately(file: string, value: unknown): Promise<void> {
  const half = `${file}.${process.pid}`;
  await writeFile(half, JSON.stringify(value), { mode: 0o600 });
  await chmod(half, 0o600);
  await rename(half, file);
}
