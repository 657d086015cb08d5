import { readFileSync, statSync } from 'node:fs';
import { ConfigError } from './config.js';

/** Names of secret settings. Such a secret may also be in a file: `<NAME>_FILE` is then the path of the file. */
export const SECRET_SETTINGS = [
  ...[
    'SEAL_KEYS',
    'MFA_SEAL_KEYS',
    'JWT_SIGNING_KEYS',
    'SECRET_KEY',
    'PSEUDONYM_KEY',
    'NATS_NKEY_SEED',
    'NATS_PASSWORD',
  ],
  ...['DATABASE_URL', 'DATABASE_PASSWORD', 'MAIL_PASSWORD', 'WEBHOOKS', 'SIGNAL_TRANSMITTERS', 'ADMIN_PASSWORD'],
  'OTEL_EXPORTER_OTLP_HEADERS',
] as const;

const SECRET = new RegExp(`^(${SECRET_SETTINGS.join('|')}|DATABASE_PASSWORD_[A-Z]+)$`);

/** Largest size of the file of a secret, in bytes. */
const SECRET_FILE_BYTES = 64 * 1024;

/** Settings with the paths of TLS files, each with its parameter in a Postgres URL. */
const TLS_FILES = { DATABASE_SSLROOTCERT: 'sslrootcert', DATABASE_SSLCERT: 'sslcert', DATABASE_SSLKEY: 'sslkey' };

const DATABASE_PARTS = [
  ...['DATABASE_HOST', 'DATABASE_PORT', 'DATABASE_NAME', 'DATABASE_USER', 'DATABASE_SSLMODE'],
  ...Object.keys(TLS_FILES),
];

/**
 * Returns the environment with two replacements: each secret from a file (`<NAME>_FILE`) is in `<NAME>`, and the parts
 * of the Postgres URL are joined in `DATABASE_URL`. Throws a ConfigError, which contains no secret, if a file cannot be
 * used, a part is missing or invalid, or a setting is given in two ways.
 */
export function resolveEnvironment(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  const resolved = { ...env };
  for (const [name, path] of Object.entries(env)) {
    const secret = name.endsWith('_FILE') ? name.slice(0, -'_FILE'.length) : '';
    if (!path || !SECRET.test(secret)) continue;
    if (env[secret]) throw new ConfigError(`${secret} and ${name} are both set: set only one of them`);
    resolved[secret] = readSecret(name, path);
    delete resolved[name];
  }
  const parts = DATABASE_PARTS.filter((name) => env[name]);
  if (parts.length === 0) return resolved;
  if (resolved['DATABASE_URL'])
    throw new ConfigError(`DATABASE_URL and ${parts[0]} are both set: set the URL or its parts`);
  const url = databaseUrl(resolved);
  for (const name of [...parts, 'DATABASE_PASSWORD']) delete resolved[name];
  return { ...resolved, DATABASE_URL: url };
}

/**
 * Resolves the environment of this process in place (see `resolveEnvironment`), so that every module reads the result.
 */
export function resolveProcessEnvironment(): void {
  const resolved = resolveEnvironment(process.env);
  for (const name of Object.keys(process.env)) if (!(name in resolved)) delete process.env[name];
  Object.assign(process.env, resolved);
}

/** Returns the text of the file, without the line break at its end. */
function readSecret(name: string, path: string): string {
  const text = readSmallFile(name, path).replace(/\r?\n$/, '');
  if (text === '') throw new ConfigError(`${name}: the file ${path} is empty`);
  return text;
}

function readSmallFile(name: string, path: string): string {
  try {
    // Only a regular file is read: a pipe or a device could block the start, or never end.
    const file = statSync(path);
    if (!file.isFile()) throw new Error('it is no regular file');
    if (file.size > SECRET_FILE_BYTES) throw new Error(`it has more than ${SECRET_FILE_BYTES} bytes`);
    return readFileSync(path, 'utf8');
  } catch (error) {
    throw new ConfigError(`${name}: the file ${path} cannot be used: ${(error as Error).message}`);
  }
}

function databaseUrl(env: NodeJS.ProcessEnv): string {
  const host = partOf(env, 'DATABASE_HOST', { pattern: /^[\w.:-]+$/ });
  const port = partOf(env, 'DATABASE_PORT', { pattern: /^\d{1,5}$/, preset: '5432' });
  const name = partOf(env, 'DATABASE_NAME', { pattern: /^[\w.$-]+$/, preset: 'gatehouse' });
  const user = encodeURIComponent(partOf(env, 'DATABASE_USER', { pattern: /./ }));
  const password = env['DATABASE_PASSWORD'] ? `:${encodeURIComponent(env['DATABASE_PASSWORD'])}` : '';
  const address = host.includes(':') ? `[${host}]` : host;
  const url = `postgres://${user}${password}@${address}:${port}/${name}${tlsParameters(env)}`;
  if (!URL.canParse(url))
    throw new ConfigError(
      'DATABASE_HOST or DATABASE_PORT is invalid. Set a host name or IP address, and a port up to 65535',
    );
  return url;
}

/** Rules for a setting that is a part of the Postgres URL: the pattern of valid values, and the default. */
interface AddressPart {
  readonly pattern: RegExp;
  readonly preset?: string;
}

function partOf(env: NodeJS.ProcessEnv, name: string, { pattern, preset }: AddressPart): string {
  const value = env[name] || preset;
  if (value === undefined)
    throw new ConfigError(`${name} is not set. Set it, or set DATABASE_URL instead of its parts`);
  if (!pattern.test(value)) throw new ConfigError(`${name} is invalid. Set a value that matches ${pattern.source}`);
  return value;
}

/**
 * Returns the TLS parameters of the Postgres URL. If a TLS file is set, the default mode is `verify-full`: the
 * connection is encrypted, and the server's certificate and host name are verified. Otherwise the default is a
 * connection without TLS.
 */
function tlsParameters(env: NodeJS.ProcessEnv): string {
  const files = Object.entries(TLS_FILES).filter(([name]) => env[name]);
  for (const [name] of files) readSmallFile(name, env[name]!);
  const preset = files.length > 0 ? 'verify-full' : 'disable';
  const mode = partOf(env, 'DATABASE_SSLMODE', { pattern: /^(disable|verify-full)$/, preset });
  const parameters = files.map(([name, parameter]): [string, string] => [parameter, env[name]!]);
  return mode === 'disable' ? '' : `?${new URLSearchParams([['sslmode', mode], ...parameters]).toString()}`;
}
