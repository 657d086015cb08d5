import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { beforeAll, describe, expect, it } from 'vitest';
import { NEEDS, type Need, PATTERNS, SERVICES } from './catalogue.js';
import { type Container, type Environment, readCompose } from './compose.js';
import { freshEnvironment } from './env-file.js';
import { isInstalled } from './installed.js';

let env: Environment;
let compose: Readonly<Record<string, Container>>;
beforeAll(async () => {
  env = await freshEnvironment();
  compose = readCompose(env);
});

/** The network of docker-compose.yml that meets each need. */
const NETWORKS: Readonly<Record<Need, string>> = { front: 'front', bus: 'bus', data: 'data', world: 'out' };

const CONTAINERS = [...SERVICES, 'migrate', 'roles', 'operator'];

describe('docker-compose.yml', () => {
  it.each(SERVICES)('has a container for %s that runs its own program', (service) => {
    expect(compose[service]?.command).toEqual([`dist/apps/${service}/src/main.js`]);
    expect(existsSync(`apps/${service}/src/main.ts`)).toBe(true);
  });

  it.each(['migrate', 'roles'])('has a container for %s that runs its command', (job) => {
    expect(compose[job]?.command).toEqual([`dist/apps/cli/src/${job}.js`]);
    expect(existsSync(`apps/cli/src/${job}.ts`)).toBe(true);
  });

  it('has no other containers', () => {
    expect(Object.keys(compose).sort()).toEqual([...CONTAINERS, 'postgres', 'nats', 'nats-data'].sort());
  });

  it.each(CONTAINERS)('gives %s a read-only file system and no privileges', (service) => {
    expect(compose[service]).toMatchObject({
      image: 'gatehouse',
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    });
  });

  it.each([...PATTERNS.keys()])('can run several replicas of %s: no fixed port and no container name', (service) => {
    expect(compose[service]).not.toHaveProperty('ports');
    expect(compose[service]).not.toHaveProperty('container_name');
  });

  it.each(SERVICES)('gives %s the secrets of its own NATS user and Postgres role only', (service) => {
    const { NATS_NKEY_SEED, DATABASE_URL } = compose[service]?.environment ?? {};
    expect(NATS_NKEY_SEED).toBe(env[`NATS_NKEY_SEED_${service.toUpperCase()}`]);
    const { username, password } = new URL(DATABASE_URL ?? `x://gatehouse_${service}@none`);
    expect(username).toBe(`gatehouse_${service}`);
    expect(password).toBe(DATABASE_URL ? env[`DATABASE_PASSWORD_${service.toUpperCase()}`] : '');
    const text = JSON.stringify(compose[service]?.environment);
    const ownNames = new Set(['NATS_NKEY_SEED', 'DATABASE_PASSWORD'].map((name) => `${name}_${service.toUpperCase()}`));
    const otherSecrets = Object.entries(env).filter(([name]) => /PASSWORD|SEED/.test(name) && !ownNames.has(name));
    expect(otherSecrets.filter(([, secret]) => text.includes(secret))).toEqual([]);
  });

  it.each(CONTAINERS)('connects %s to the networks of what it needs, and to no other', (service) => {
    const networks = (NEEDS[service] ?? []).map((need) => NETWORKS[need]);
    expect([...(compose[service]?.networks ?? [])].sort()).toEqual(networks.sort());
  });

  it('gives NATS the public keys of all users, and no secret', () => {
    const expected = Object.entries(env).filter(([name]) => /^NATS_NKEY_(?!SEED_)/.test(name));
    expect(compose['nats']?.environment).toEqual(Object.fromEntries(expected));
  });

  it('requires every secret from .env', () => {
    const text = readFileSync('docker-compose.yml', 'utf8');
    const required = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name));
    const { NATS_CLUSTER_PASSWORD: _, ...needed } = env;
    expect([...required].sort()).toEqual(Object.keys(needed).sort());
  });

  it.skipIf(!isInstalled('docker-compose'))('is parsed by docker-compose with the same environments', () => {
    const args = ['--env-file', '/dev/null', '--profile', 'operator', 'config', '--format', 'json'];
    const options = { env: { PATH: process.env['PATH'], ...env }, encoding: 'utf8' } as const;
    const parsed = JSON.parse(execFileSync('docker-compose', args, options)) as { services: typeof compose };
    const environments = (services: typeof compose) =>
      Object.fromEntries(Object.entries(services).map(([name, { environment }]) => [name, environment]));
    expect(environments(parsed.services)).toEqual(environments(compose));
  });
});
