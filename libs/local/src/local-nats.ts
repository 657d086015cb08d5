import { readFile, rm, writeFile } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import { natsConfig, readConfig } from '@gatehouse/platform';
import { standaloneConfig } from './local.config.js';

/** The settings with which a client connects to the NATS server of a local Gatehouse. */
export interface LocalNats {
  readonly NATS_URL: string;
  readonly NATS_USER: string;
  readonly NATS_PASSWORD: string;
}

/** Returns the file with the settings of the NATS server of `npm start`, which a shell can read. */
export const localNatsFile = (env: NodeJS.ProcessEnv): string =>
  join(resolve(readConfig(standaloneConfig, env).GATEHOUSE_DIR), 'nats.env');

/** Writes the settings for clients of the server. Only the owner can read them. */
export const writeLocalNats = (file: string, settings: LocalNats): Promise<void> =>
  writeFile(
    file,
    `${Object.entries(settings)
      .map((pair) => pair.join('='))
      .join('\n')}\n`,
    { mode: 0o600 },
  );

/** Removes the file. Called when `npm start` starts no NATS server. */
export const removeLocalNats = (file: string): Promise<void> => rm(file, { force: true });

/** Returns the settings of the last start, or an empty object if there are none. */
export async function readLocalNats(file: string): Promise<Partial<LocalNats>> {
  const text = await readFile(file, 'utf8').catch(() => '');
  return Object.fromEntries([...text.matchAll(/^(NATS_\w+)=(.*)$/gm)].map(([, name, value]) => [name, value]));
}

/**
 * Returns the NATS settings of a command: those of the environment if it names a server or a user, otherwise those of
 * the server that `npm start` has started. `origin` says where the address comes from, for error messages.
 */
export async function natsSettingsOf(env: NodeJS.ProcessEnv) {
  if (env['NATS_URL']) return { settings: readConfig(natsConfig, env), origin: 'that of NATS_URL' };
  if (env['NATS_USER'] || env['NATS_NKEY_SEED'])
    return { settings: readConfig(natsConfig, env), origin: 'the default, because NATS_URL is not set' };
  const file = localNatsFile(env);
  const local = await readLocalNats(file);
  const origin = local.NATS_URL
    ? `that of ${file}, as NATS_URL is not set`
    : `the default, because NATS_URL is not set and npm start has written no ${file}`;
  return { settings: readConfig(natsConfig, { ...env, ...local }), origin };
}
