import { execFileSync } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { ConfigError } from './config.js';
import { resolveEnvironment } from './environment.js';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-environment-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function file(name: string, text: string): Promise<string> {
  await writeFile(join(folder, name), text);
  return join(folder, name);
}

describe('secrets in files', () => {
  it.each([
    ...['SEAL_KEYS', 'MFA_SEAL_KEYS', 'SECRET_KEY', 'NATS_PASSWORD', 'NATS_NKEY_SEED', 'DATABASE_URL'],
    ...['MAIL_PASSWORD', 'ADMIN_PASSWORD', 'DATABASE_PASSWORD_GATEWAY'],
  ])('%s may be given as a file, whose last line break does not count', async (name) => {
    const path = await file(name, ' secret\nof two lines \r\n');
    expect(resolveEnvironment({ [`${name}_FILE`]: path, HOME: '/root' })).toEqual({
      [name]: ' secret\nof two lines ',
      HOME: '/root',
    });
  });

  it('do not change another setting whose name ends in _FILE', () => {
    expect(resolveEnvironment({ SSL_CERT_FILE: '/nowhere' })).toEqual({ SSL_CERT_FILE: '/nowhere' });
  });

  it('are refused if the secret is also set directly, without repeating it', async () => {
    const resolve = () => resolveEnvironment({ SECRET_KEY: 'hidden', SECRET_KEY_FILE: '/nowhere' });
    expect(resolve).toThrow(new ConfigError('SECRET_KEY and SECRET_KEY_FILE are both set: set only one of them'));
  });

  it.each([
    ['is missing', async () => join(folder, 'none'), /SEAL_KEYS_FILE: the file \S+none cannot be used: ENOENT/],
    ['is empty', () => file('empty', '\n'), /SEAL_KEYS_FILE: the file \S+ is empty/],
    ['is larger than 64 KiB', () => file('large', 'x'.repeat(65_537)), /it has more than 65536 bytes/],
    ['is a folder', async () => folder, /it is no regular file/],
    ['is a pipe that nobody writes', pipe, /it is no regular file/],
  ])('are refused if the file %s', async (_, path, message) => {
    const env = { SEAL_KEYS_FILE: await path() };
    expect(() => resolveEnvironment(env)).toThrow(message);
    expect(() => resolveEnvironment(env)).toThrow(ConfigError);
  });

  async function pipe(): Promise<string> {
    execFileSync('mkfifo', [join(folder, 'pipe')]);
    return join(folder, 'pipe');
  }
});

describe('the Postgres URL from its parts', () => {
  const parts = { DATABASE_HOST: 'db.example.org', DATABASE_USER: 'gatehouse_mfa' };

  it('has port 5432 and the database gatehouse by default, and its password may be in a file', async () => {
    const DATABASE_PASSWORD_FILE = await file('password', 'p@ss/w%rd?\n');
    expect(resolveEnvironment({ ...parts, DATABASE_PASSWORD_FILE })).toEqual({
      DATABASE_URL: 'postgres://gatehouse_mfa:p%40ss%2Fw%25rd%3F@db.example.org:5432/gatehouse', // not-a-secret
    });
  });

  it('contains DATABASE_PORT, DATABASE_NAME and an IPv6 DATABASE_HOST in brackets', () => {
    const env = { ...parts, DATABASE_HOST: 'fd00::1', DATABASE_PORT: '6432', DATABASE_NAME: 'login' };
    expect(resolveEnvironment(env)['DATABASE_URL']).toBe('postgres://gatehouse_mfa@[fd00::1]:6432/login');
  });

  it('has sslmode verify-full and the client certificate when the TLS files are set', async () => {
    const env = {
      ...parts,
      DATABASE_SSLROOTCERT: await file('ca.crt', 'ca'),
      DATABASE_SSLCERT: await file('tls.crt', 'certificate'),
      DATABASE_SSLKEY: await file('tls.key', 'key'),
    };
    const query = Object.fromEntries(new URL(resolveEnvironment(env)['DATABASE_URL']!).searchParams);
    expect(query).toEqual({
      sslmode: 'verify-full',
      sslrootcert: env.DATABASE_SSLROOTCERT,
      sslcert: env.DATABASE_SSLCERT,
      sslkey: env.DATABASE_SSLKEY,
    });
  });

  it('does not replace a DATABASE_URL that is set together with DATABASE_PASSWORD', () => {
    const env = { DATABASE_URL: 'postgres://u:p@db/x', DATABASE_PASSWORD: 'p' };
    expect(resolveEnvironment(env)).toEqual(env);
  });

  it.each([
    [{ ...parts, DATABASE_URL: 'postgres://u@db/x' }, 'DATABASE_URL and DATABASE_HOST are both set'],
    [{ DATABASE_HOST: 'db' }, 'DATABASE_USER is not set'],
    [{ DATABASE_NAME: 'gatehouse' }, 'DATABASE_HOST is not set'],
    [{ ...parts, DATABASE_HOST: 'db/other?x' }, 'DATABASE_HOST is invalid'],
    [{ ...parts, DATABASE_PORT: '99999' }, 'DATABASE_HOST or DATABASE_PORT is invalid'],
    [{ ...parts, DATABASE_NAME: 'a/b' }, 'DATABASE_NAME is invalid'],
    [{ ...parts, DATABASE_SSLMODE: 'prefer' }, 'DATABASE_SSLMODE is invalid'],
    [{ ...parts, DATABASE_SSLCERT: '/nowhere/tls.crt' }, 'DATABASE_SSLCERT: the file /nowhere/tls.crt cannot be used'],
  ])('refuses %j', (env, message) => {
    expect(() => resolveEnvironment(env)).toThrow(message);
  });
});
