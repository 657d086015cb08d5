import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { appendFile, cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { DocumentedCommands } from '../support/documented-commands.js';
import { NEEDS, type Need, SERVICES } from './catalogue.js';
import { type Container, type Environment, isSecret, readCompose, SERVICES_FILE } from './compose.js';
import { completeFolder, freshEnvironment, readEnvFile } from './env-file.js';
import { isInstalled } from './installed.js';

let env: Environment;
let compose: Readonly<Record<string, Container>>;
beforeAll(async () => {
  env = await freshEnvironment();
  compose = readCompose(env);
});

/** The network of docker-compose.yml that meets each need. */
const NETWORKS: Readonly<Record<Need, string>> = { front: 'front', bus: 'bus', data: 'data', world: 'out' };

/** The secrets of each container besides those of its own NATS user and Postgres role. */
const SECRETS: Readonly<Record<string, readonly string[]>> = {
  gateway: ['SEAL_KEYS', 'JWT_SIGNING_KEYS', 'SECRET_KEY', 'PSEUDONYM_KEY'],
  blueprints: ['SEAL_KEYS'],
  courier: ['SEAL_KEYS', 'MAIL_PASSWORD', 'JWT_SIGNING_KEYS'],
  mfa: ['MFA_SEAL_KEYS'],
  migrate: ['POSTGRES_PASSWORD'],
  roles: ['POSTGRES_PASSWORD', ...SERVICES.map((service) => `DATABASE_PASSWORD_${service.toUpperCase()}`)],
  stream: ['NATS_NKEY_SEED_OPERATOR'],
  operator: ['POSTGRES_PASSWORD', 'SEAL_KEYS', 'MFA_SEAL_KEYS', 'SECRET_KEY', 'PSEUDONYM_KEY'],
};
/** Containers that do not run the image of Gatehouse. */
const OTHERS = ['proxy', 'postgres', 'nats', 'nats-data', 'prometheus', 'grafana'];
const CONTAINERS = [...SERVICES, 'migrate', 'roles', 'stream', 'operator', 'checker'];

describe('docker-compose.yml', () => {
  it.each(SERVICES)('has a container for %s that runs its own program', (service) => {
    expect(compose[service]?.command).toEqual([`dist/apps/${service}/src/main.js`]);
    expect(existsSync(`apps/${service}/src/main.ts`)).toBe(true);
  });

  it.each(['migrate', 'roles'])('has a container for the job %s that runs the command of this name', (job) => {
    expect(compose[job]?.command).toEqual([`dist/apps/cli/src/${job}.js`]);
    expect(existsSync(`apps/cli/src/${job}.ts`)).toBe(true);
  });

  it('has no containers besides those of services, jobs, commands and third-party images', () => {
    expect(Object.keys(compose).sort()).toEqual([...CONTAINERS, ...OTHERS].sort());
  });

  it('puts every service into the network of the collector in trace-a-login.md', () => {
    const page = readFileSync('docs/how-to/trace-a-login.md', 'utf8');
    const { services, networks } = parse(DocumentedCommands.of('docs/how-to/trace-a-login.md').block('yaml', /^name:/));
    const [, host = ''] = /Set `OTEL_EXPORTER_OTLP_ENDPOINT=http:\/\/(\w+):4318` in\s`\.env`/.exec(page) ?? [];
    expect(services[host]?.networks).toContain('bus');
    expect(networks.bus).toEqual({ name: 'gatehouse_bus', external: true });
    expect(SERVICES.filter((service) => !compose[service]?.networks.includes('bus'))).toEqual([]);
  });

  it.each([...CONTAINERS, ...OTHERS])('gives %s a read-only file system, no privileges, and limits', (name) => {
    expect(compose[name]).toMatchObject({
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
      mem_limit: expect.stringMatching(/^\d+[mg]$/),
      pids_limit: expect.any(Number),
      logging: { driver: 'local', options: { 'max-size': '10m', 'max-file': '5' } },
    });
  });

  it.each(CONTAINERS)('runs %s from the image that only `migrate` builds', (name) => {
    expect(compose[name]).toMatchObject({ image: 'gatehouse', pull_policy: 'never' });
    expect(compose[name]?.build).toBe(name === 'migrate' ? '.' : undefined);
  });

  it.each(OTHERS)('runs %s from an image with an exact version', (name) => {
    expect(compose[name]?.image).toMatch(/^([a-z]+:\d+\.\d+(\.\d+)?-alpine|[a-z]+\/[a-z]+:v?\d+\.\d+\.\d+)$/);
  });

  it.each([...SERVICES, ...OTHERS.filter((name) => name !== 'nats-data')])(
    'has a health check of %s that does not start Node and waits for at least 5 s',
    (name) => {
      const { test, timeout = '', start_period } = compose[name]?.healthcheck ?? {};
      expect(test?.[0]).toBe('CMD');
      expect(test).not.toContain('node');
      expect(Number.parseInt(timeout, 10)).toBeGreaterThanOrEqual(5);
      expect(start_period).toMatch(/^\d+s$/);
    },
  );

  it.each(SERVICES)('runs as many replicas of %s as .env says', (service) => {
    const name = `${service.toUpperCase()}_REPLICAS`;
    expect(compose[service]?.deploy).toEqual({ replicas: service === 'gateway' ? '2' : '1' });
    expect(readCompose({ ...env, [name]: '3' })[service]?.deploy).toEqual({ replicas: '3' });
  });

  it('does not migrate the database when an operator runs a command', () => {
    expect(compose['operator']).not.toHaveProperty('depends_on');
  });

  it.each(SERVICES)(
    'stops %s before NATS and Postgres, and starts it without waiting for the migrations',
    (service) => {
      const servers = { front: [], bus: ['nats'], data: ['postgres'], world: [] };
      expect(compose[service]?.depends_on).toEqual((NEEDS[service] ?? []).flatMap((need) => servers[need]));
    },
  );

  it('publishes only the proxy, unless a profile is active, and lets the gateway trust its network', () => {
    const published = Object.keys(compose).filter((name) => compose[name]?.ports && !compose[name].profiles);
    expect(published).toEqual(['proxy']);
    expect(compose['proxy']).toMatchObject({ ports: ['127.0.0.1:9000:9000'], networks: ['edge', 'front'] });
    expect(compose['gateway']?.environment?.['TRUSTED_PROXIES']).toBe('10.231.0.0/24');
    const settings = { FRONT_SUBNET: '10.9.0.0/24', TRUSTED_PROXIES: '192.0.2.1' };
    const trusted = readCompose({ ...env, ...settings })['gateway']?.environment?.['TRUSTED_PROXIES'];
    expect(trusted).toBe('10.9.0.0/24,192.0.2.1');
  });

  it.each(SERVICES)('can run several replicas of %s: no fixed port and no container name', (service) => {
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
    const otherSecrets = Object.entries(env).filter(
      ([name]) => isSecret(name) && !ownNames.has(name) && !SECRETS[service]?.includes(name),
    );
    expect(otherSecrets.filter(([, secret]) => text.includes(secret))).toEqual([]);
  });

  it.each(CONTAINERS)('connects %s only to the networks that it needs', (service) => {
    const networks = (NEEDS[service] ?? []).map((need) => NETWORKS[need]);
    expect([...(compose[service]?.networks ?? [])].sort()).toEqual(networks.sort());
  });

  it('gives NATS the public keys of all users, and no secret', () => {
    const expected = Object.entries(env).filter(([name]) => /^NATS_NKEY_(?!SEED_)/.test(name));
    expect(compose['nats']?.environment).toEqual(Object.fromEntries(expected));
  });

  it('requires every secret and public key that it uses, except JWT_SIGNING_KEYS', () => {
    const text = readFileSync(SERVICES_FILE, 'utf8');
    const required = new Set([...text.matchAll(/\$\{(\w+):\?/g)].map(([, name = '']) => name));
    const { NATS_CLUSTER_PASSWORD: _, BASE_URL: _url, JWT_SIGNING_KEYS: _keys, ...needed } = env;
    expect([...required].sort()).toEqual(Object.keys(needed).sort());
  });

  it.each(CONTAINERS)('gives %s every setting in .env, and only the secrets that it needs', (name) => {
    const settings = { ANONYMOUS_RATE: '7', MAIL_FROM: 'id@example.org', PASSWORD_CONCURRENCY: '5' };
    const secrets = { ...env, MAIL_PASSWORD: 'of the mail server', PSEUDONYM_KEY: 'for the life of the database' };
    const environment = readCompose({ ...secrets, ...settings })[name]?.environment;
    expect(environment).toMatchObject(settings);
    const own = ['NATS_NKEY_SEED', 'DATABASE_PASSWORD'].map((secret) => `${secret}_${name.toUpperCase()}`);
    const allowed = [...own, ...(SECRETS[name] ?? [])];
    const values = JSON.stringify(environment);
    const present = Object.entries(secrets).flatMap(([secret, value]) =>
      isSecret(secret) && values.includes(value) ? [secret] : [],
    );
    expect(present.filter((secret) => !allowed.includes(secret))).toEqual([]);
  });

  it.skipIf(!isInstalled('haproxy')).each(['', '192.0.2.1', '192.0.2.1 2001:db8::/32'])(
    'has a valid configuration of the proxy with TRUSTED_PROXIES=%s',
    (proxies) => {
      const options = { env: { PATH: process.env['PATH'], TRUSTED_PROXIES: proxies } };
      expect(spawnSync('haproxy', ['-c', '-f', 'deploy/proxy/haproxy.cfg'], options).status).toBe(0);
    },
  );

  it.skipIf(!isInstalled('docker-compose'))(
    'has the same environments for docker-compose as for the parser of these tests',
    async () => {
      const folder = await mkdtemp(join(tmpdir(), 'gatehouse-compose-'));
      try {
        for (const file of ['docker-compose.yml', SERVICES_FILE]) await cp(file, join(folder, file));
        await completeFolder(folder);
        await appendFile(join(folder, '.env'), 'ANONYMOUS_RATE=7\n');
        await appendFile(join(folder, 'secrets.env'), 'MAIL_PASSWORD=mail\nPSEUDONYM_KEY=for good\n');
        const settings = await readEnvFile(join(folder, '.env'));
        const secrets = await readEnvFile(join(folder, 'secrets.env'));
        const args = ['--profile', 'operator', '--profile', 'observe', 'config', '--format', 'json'];
        const options = { env: { PATH: process.env['PATH'] }, cwd: folder, encoding: 'utf8' } as const;
        const parsed = JSON.parse(execFileSync('docker-compose', args, options)) as { services: typeof compose };
        const environments = (services: typeof compose) =>
          Object.fromEntries(Object.entries(services).map(([name, { environment }]) => [name, environment]));
        expect(environments(parsed.services)).toEqual(environments(readCompose({ ...settings, ...secrets })));
      } finally {
        await rm(folder, { recursive: true });
      }
    },
  );
});
