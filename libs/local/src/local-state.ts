import { generateKeyPairSync, randomBytes, randomUUID } from 'node:crypto';
import { chmod, link, mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { setTimeout } from 'node:timers/promises';
import { jsonSetting, readConfig, Sealer } from '@gatehouse/platform';
import { z } from 'zod';
import { CommandError } from './command-error.js';
import { standaloneConfig } from './local.config.js';

const secrets = z.object({
  sealKey: z.string(),
  mfaSealKey: z.string(),
  signingKey: z.string(),
  secretKey: z.string(),
  databasePassword: z.string(),
  busPassword: z.string(),
});

/** Schema of the file with the secrets. An earlier version may have needed fewer secrets. */
const storedFormat = jsonSetting('must be JSON').pipe(secrets.partial());

/**
 * The folder and the secrets that a local Gatehouse keeps between two starts. Only the operating system user who runs
 * Gatehouse can read the secrets.
 */
export interface LocalState extends z.output<typeof secrets> {
  readonly folder: string;
}

/** Opens the folder of `GATEHOUSE_DIR` and generates missing secrets. */
export async function openLocalState(env: NodeJS.ProcessEnv = process.env): Promise<LocalState> {
  const { folder, file } = pathsOf(env);
  const stored = await storedSecrets(env);
  const complete = secrets.safeParse(stored).data;
  if (complete) return { folder, ...complete };
  await mkdir(folder, { recursive: true });
  if (stored === undefined) await createPrivateFile(file, withMissing({}));
  else await addSecrets(env);
  // Another process may have written the file meanwhile, so all processes use the secrets in the file.
  return openLocalState(env);
}

/** Returns the stored secrets, and new secrets for those that are missing. */
const withMissing = (stored: Partial<z.output<typeof secrets>>) =>
  secrets.parse({
    sealKey: randomBytes(32).toString('base64'),
    mfaSealKey: randomBytes(32).toString('base64'),
    signingKey: newSigningKey(),
    secretKey: randomBytes(32).toString('base64'),
    databasePassword: randomBytes(24).toString('base64url'),
    busPassword: randomBytes(24).toString('base64url'),
    ...stored,
  });

/** Age of the lock file in milliseconds after which the process that created it must have been killed. */
const LOCK_MS = 10_000;

/**
 * Adds the secrets that a later version needs to the file, unless another process has the lock and adds them. Throws
 * CommandError if that process was killed. The lock is not removed then, because this could remove the lock of a third
 * process, which has just replaced it.
 */
async function addSecrets(env: NodeJS.ProcessEnv): Promise<void> {
  const { file } = pathsOf(env);
  const lock = `${file}.lock`;
  try {
    await writeFile(lock, '', { flag: 'wx' });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    const since = (await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now();
    if (Math.abs(Date.now() - since) < LOCK_MS) return setTimeout(10);
    throw new CommandError(`a start was killed while it added secrets: remove ${lock}, and start again`);
  }
  try {
    await writePrivateFile(file, withMissing((await storedSecrets(env)) ?? {}));
  } finally {
    await rm(lock, { force: true });
  }
}

/**
 * Returns the secrets that earlier starts have generated, or `undefined` if there was none. Throws CommandError if
 * their file cannot be read.
 */
async function storedSecrets(env: NodeJS.ProcessEnv): Promise<Partial<z.output<typeof secrets>> | undefined> {
  const { file } = pathsOf(env);
  const text = await readFile(file, 'utf8').catch((cause: NodeJS.ErrnoException) => {
    if (cause.code === 'ENOENT' || cause.code === 'ENOTDIR') return undefined;
    // Do not generate new secrets: they would replace the file, which may belong to another user of the operating
    // system.
    throw new CommandError(`${file} cannot be read: ${cause.message}`, { cause });
  });
  if (text === undefined) return undefined;
  const stored = storedFormat.safeParse(text).data;
  if (!stored)
    throw new CommandError(
      `${file} is damaged. Put back a copy of it from a backup: its keys decrypt the secrets in the database.`,
    );
  return Object.fromEntries(Object.entries(stored).filter(([, value]) => value !== undefined));
}

/** Returns the folder of `GATEHOUSE_DIR`. */
export const localFolder = (env: NodeJS.ProcessEnv): string => resolve(readConfig(standaloneConfig, env).GATEHOUSE_DIR);

function pathsOf(env: NodeJS.ProcessEnv) {
  const folder = localFolder(env);
  return { folder, file: join(folder, 'secrets.json') };
}

/** Returns `SEAL_KEYS`, otherwise the stored key of the local Gatehouse, or `undefined` if it was never started. */
export async function sealKeysOf(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  return env['SEAL_KEYS'] || sealKeys((await storedSecrets(env))?.sealKey);
}

/** Returns `MFA_SEAL_KEYS`, otherwise the stored key of the local Gatehouse, or `undefined` if it was never started. */
export async function mfaSealKeysOf(env: NodeJS.ProcessEnv = process.env): Promise<string | undefined> {
  return env['MFA_SEAL_KEYS'] || sealKeys((await storedSecrets(env))?.mfaSealKey);
}

/** Returns what to do when a command finds no seal keys, neither in a setting nor in the folder of `npm start`. */
export const missingKeysHint = (env: NodeJS.ProcessEnv): string =>
  `If \`npm start\` runs Gatehouse, set GATEHOUSE_DIR to its folder instead: ${localFolder(env)} has no keys.`;

/**
 * Returns the sealer of the outbox, or `undefined` without keys: that of `SEAL_KEYS`, otherwise that of the stored key
 * if the embedded Postgres is used. The stored key is for the embedded database only: the courier of another database
 * could not decrypt what it encrypts. Throws CommandError if SEAL_KEYS is invalid.
 */
export async function outboxSealerOf(env: NodeJS.ProcessEnv, embedded: boolean): Promise<Sealer | undefined> {
  const keys = env['SEAL_KEYS'] || (embedded ? sealKeys((await openLocalState(env)).sealKey) : undefined);
  try {
    return keys === undefined ? undefined : new Sealer(keys);
  } catch (cause) {
    throw new CommandError(`SEAL_KEYS: ${(cause as Error).message}`, { cause });
  }
}

/**
 * Returns `PSEUDONYM_KEY`, otherwise `SECRET_KEY`, otherwise the stored key of the local Gatehouse. Throws CommandError
 * if there is none: with a new key, a command would find no counted attempts, and compute other identifiers than the
 * gateway.
 */
export async function pseudonymKeyOf(env: NodeJS.ProcessEnv = process.env): Promise<string> {
  const key = env['PSEUDONYM_KEY'] || env['SECRET_KEY'] || (await storedSecrets(env))?.secretKey;
  if (key) return key;
  throw new CommandError(
    `Set PSEUDONYM_KEY, or SECRET_KEY, to the value that the gateways have. Without it, the attempts and identifiers of users cannot be found. ${missingKeysHint(env)}`,
  );
}

/** Returns a stored key in the format of `SEAL_KEYS` and `JWT_SIGNING_KEYS`. */
export function sealKeys(key: string): string;
export function sealKeys(key: string | undefined): string | undefined;
export function sealKeys(key: string | undefined): string | undefined {
  return key && `local:${key}`;
}

/** Returns a new P-256 private key in PKCS #8 (DER), in base64. */
function newSigningKey(): string {
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'prime256v1' });
  return privateKey.export({ type: 'pkcs8', format: 'der' }).toString('base64');
}

/** Writes JSON into a file that only its owner can read. Replaces the file atomically, even if the power fails. */
export async function writePrivateFile(file: string, value: unknown): Promise<void> {
  await rename(await temporaryFile(file, value), file);
}

/**
 * Creates a file that only its owner can read, atomically with its whole content. Changes nothing if the file exists.
 */
async function createPrivateFile(file: string, value: unknown): Promise<void> {
  const temporary = await temporaryFile(file, value);
  try {
    await link(temporary, file);
  } catch (error) {
    // Some file systems have no hard links.
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') await rename(temporary, file);
  } finally {
    await rm(temporary, { force: true });
  }
}

async function temporaryFile(file: string, value: unknown): Promise<string> {
  const temporary = `${file}.${randomUUID()}`;
  await writeFile(temporary, JSON.stringify(value), { mode: 0o600, flush: true });
  await chmod(temporary, 0o600);
  return temporary;
}
