import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { PATTERNS, SERVICES } from './catalogue.js';
import { type Container, type Environment, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { isInstalled } from './installed.js';

let env: Environment;
let compose: Readonly<Record<string, Container>>;
beforeAll(async () => {
  env = await freshEnvironment();
  compose = readCompose(env);
});

/** Services that ask services of others, on the internet. */
const ASKING_OTHERS = ['captcha', 'mfa'];

const OURS = [...SERVICES, 'migrate', 'roles', 'operator'];

describe('docker-compose.yml', () => {
  it.each(SERVICES)('has a container for %s that runs its own program', (service) => {
    expect(compose[service]?.command).toEqual([`dist/apps/${service}/src/main.js`]);
    expect(existsSync(`apps/${service}/src/main.ts`)).toBe(true);
  });

  it('has no container that nobody knows', () => {
    expect(Object.keys(compose).sort()).toEqual([...OURS, 'postgres', 'nats'].sort());
  });

  it.each(OURS)('gives %s a file system that it cannot change, and no privileges', (service) => {
    expect(compose[service]).toMatchObject({
      image: 'gatehouse',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it.each([...PATTERNS.keys()])('can run %s several times: no port and no name is taken', (service) => {
    expect(compose[service]).not.toHaveProperty('ports');
    expect(compose[service]).not.toHaveProperty('container_name');
  });

  it.each(SERVICES)('gives %s its own NATS user and its own role, and no password of anybody else', (service) => {
    const { NATS_USER, NATS_PASSWORD, DATABASE_URL } = compose[service]?.environment ?? {};
    expect([NATS_USER, NATS_PASSWORD]).toEqual([service, env[`NATS_PASSWORD_${service.toUpperCase()}`]]);
    const { username, password } = new URL(DATABASE_URL ?? `x://gatehouse_${service}@none`);
    expect(username).toBe(`gatehouse_${service}`);
    expect(password).toBe(DATABASE_URL ? env[`DATABASE_PASSWORD_${service.toUpperCase()}`] : '');
    const text = JSON.stringify(compose[service]?.environment);
    const own = new Set(['NATS', 'DATABASE'].map((server) => `${server}_PASSWORD_${service.toUpperCase()}`));
    const foreign = Object.entries(env).filter(([name]) => name.includes('PASSWORD') && !own.has(name));
    expect(foreign.filter(([, secret]) => text.includes(secret))).toEqual([]);
  });

  it.each(SERVICES)('connects %s to the networks that its settings name, and to no other', (service) => {
    const { networks, environment = {} } = compose[service] as Container;
    const data = 'DATABASE_URL' in environment ? ['data'] : [];
    const out = 'MAIL_HOST' in environment || ASKING_OTHERS.includes(service) ? ['out'] : [];
    expect([...networks].sort()).toEqual(['bus', ...data, ...(service === 'gateway' ? ['front'] : []), ...out]);
  });

  it('takes every secret from .env, and cannot start without one', () => {
    const text = readFileSync('docker-compose.yml', 'utf8');
    const demanded = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name));
    expect([...demanded].sort()).toEqual(Object.keys(env).sort());
  });

  it.skipIf(!isInstalled('docker-compose'))('is what docker-compose itself understands', () => {
    const args = ['--env-file', '/dev/null', '--profile', 'operator', 'config', '--format', 'json'];
    const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
    const seen = JSON.parse(execFileSync('docker-compose', args, options)) as { services: typeof compose };
    const environments = (services: typeof compose) =>
      Object.fromEntries(Object.entries(services).map(([name, { environment }]) => [name, environment]));
    expect(environments(seen.services)).toEqual(environments(compose));
  });
});
