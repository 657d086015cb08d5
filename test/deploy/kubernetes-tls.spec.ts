import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { chown, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { resolveEnvironment } from '@gatehouse/platform';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { DocumentedCommands } from '../support/documented-commands.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { onServer } from '../support/postgres-databases.js';
import type { Environment } from './compose.js';
import { isInstalled } from './installed.js';
import {
  containersOf,
  find,
  inputOf,
  localEnvironment,
  type Manifest,
  operatorSecret,
  renderer,
  renderSite,
  siteSecrets,
} from './kubernetes.js';

/** Matches the commands of deploy-on-kubernetes.md that make certificates. */
const COMMANDS = /^issue\(\) /;

describe.skipIf(!renderer || !isInstalled('openssl'))('Postgres with the component tls', () => {
  let folder: string;
  let secrets: Environment;
  let manifests: Manifest[];
  let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
  beforeAll(async () => {
    secrets = await siteSecrets();
    manifests = renderSite({ overlay: 'tls', secrets });
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-certificates-'));
    const names = { 'DNS:postgres': 'DNS:postgres,DNS:localhost' };
    const commands = DocumentedCommands.of('docs/how-to/deploy-on-kubernetes.md').block('sh', COMMANDS, names);
    execFileSync('bash', ['-euc', commands], { cwd: folder, stdio: 'pipe' });
    postgres = await startOwnPostgres({ password: secrets['POSTGRES_PASSWORD'] ?? '' });
    await onServer(postgres.url, configure);
  });
  afterAll(async () => {
    await postgres?.stop();
    await rm(folder, { recursive: true });
  });

  /** Gives the server the settings and the files of the StatefulSet, and creates the roles of two services. */
  async function configure(client: pg.Client) {
    const show = async (name: string) => (await client.query(`SHOW ${name}`)).rows[0][name] as string;
    const [data, hba] = [await show('data_directory'), await show('hba_file')];
    const { uid, gid } = await stat(data);
    const args = containersOf(find(manifests, 'StatefulSet', 'postgres'))[0]?.args ?? [];
    const settings = args.filter((arg) => arg.startsWith('ssl')).map((arg) => arg.split('='));
    for (const [name = '', value = ''] of settings) {
      const file = join(data, value.replace('/tls/', ''));
      if (value.startsWith('/tls/')) {
        const source = value.replace('/tls/tls', '/postgres').replace('/tls', '');
        await writeFile(file, await readFile(join(folder, source)), { mode: 0o600 });
        await chown(file, uid, gid);
      }
      await client.query(`ALTER SYSTEM SET ${name} = '${value.startsWith('/tls/') ? file : value}'`);
    }
    const map = manifests.find(({ kind, data: texts }) => kind === 'ConfigMap' && texts?.['pg_hba.conf']);
    await writeFile(hba, map?.data?.['pg_hba.conf'] ?? '');
    await client.query('CREATE DATABASE gatehouse');
    for (const service of ['captcha', 'consent'])
      await client.query(
        `CREATE ROLE gatehouse_${service} LOGIN PASSWORD '${secrets[`DATABASE_PASSWORD_${service.toUpperCase()}`]}'`,
      );
    await client.query('SELECT pg_reload_conf()');
  }

  /** Returns the Secret that the commands of the page make from a certificate. */
  const secretOf = (name: string) => {
    const file = (extension: string) => readFileSync(join(folder, `${name}.${extension}`), 'utf8');
    const authority = readFileSync(join(folder, 'ca.crt'), 'utf8');
    return operatorSecret(`${name}-tls`, { 'tls.crt': file('crt'), 'tls.key': file('key'), 'ca.crt': authority });
  };

  /** Returns the database URL of a service, with the address of the test server and with files of this machine. */
  async function urlOf(service: string, { certificate = service } = {}): Promise<string> {
    const deployment = find(manifests, 'Deployment', service);
    const client = { ...secretOf(certificate), metadata: { name: `${service}-tls` } };
    const objects = [...manifests, secretOf('nats'), client];
    const input = inputOf(objects, deployment, containersOf(deployment)[0]!);
    const copies = await mkdtemp(join(folder, `${certificate}-`));
    const server = { DATABASE_HOST: 'localhost', DATABASE_PORT: new URL(postgres.url).port };
    return resolveEnvironment({ ...localEnvironment(input, copies), ...server })['DATABASE_URL'] ?? '';
  }

  async function connect(connectionString: string): Promise<unknown> {
    const client = new pg.Client({ connectionString });
    await client.connect();
    try {
      const sql = 'SELECT current_user AS role, ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()';
      return (await client.query(sql)).rows[0];
    } finally {
      await client.end();
    }
  }

  it('accepts a service with the certificate of its role', async () => {
    expect(await connect(await urlOf('captcha'))).toEqual({ role: 'gatehouse_captcha', ssl: true });
  });

  it('refuses a service with the certificate of another service', async () => {
    const url = await urlOf('captcha', { certificate: 'consent' });
    await expect(connect(url)).rejects.toThrow(/authentication failed for user "gatehouse_captcha"/);
  });

  it('refuses a service without a certificate, or without TLS', async () => {
    const url = await urlOf('captcha');
    const withoutCertificate = url.replace(/&sslcert=.*/, '');
    await expect(connect(withoutCertificate)).rejects.toThrow(/valid client certificate/);
    await expect(connect(url.replace(/\?.*/, ''))).rejects.toThrow(/no pg_hba.conf entry .* no encryption/);
  });

  it('is refused by a service that does not trust its certificate', async () => {
    const trustsOther = (await urlOf('captcha')).replace('-tls-ca.crt', '-client-tls.crt');
    await expect(connect(trustsOther)).rejects.toThrow(/certificate/);
  });
});
