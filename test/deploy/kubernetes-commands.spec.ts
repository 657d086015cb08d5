import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { verify } from '@node-rs/argon2';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runCliOk } from '../support/commands.js';
import { startOwnPostgres } from '../support/own-postgres.js';
import { onServer } from '../support/postgres-databases.js';
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

const ADMIN_PASSWORD = 'correct-horse-7'; // not-a-secret

/** Timeout in milliseconds of a test that runs all migrations, on a loaded machine. */
const TIMEOUT_MS = 120_000;

/** Returns the name of the command that a program of the image runs. */
const commandOf = (program = '') =>
  /^dist\/apps\/cli\/src\/(\w+)\.js$/.exec(program)?.[1] as 'migrate' | 'roles' | 'blueprint' | 'user';

describe.skipIf(!renderer)('the commands of deploy/k8s', () => {
  let folder: string;
  let postgres: Awaited<ReturnType<typeof startOwnPostgres>>;
  let manifests: Manifest[];
  beforeAll(async () => {
    const secrets = await siteSecrets();
    manifests = renderSite({ secrets });
    folder = await mkdtemp(join(tmpdir(), 'gatehouse-commands-'));
    postgres = await startOwnPostgres({ password: secrets['POSTGRES_PASSWORD'] ?? '' });
    await onServer(postgres.url, (client) => client.query('CREATE DATABASE gatehouse'));
  });
  afterAll(async () => {
    await postgres?.stop();
    await rm(folder, { recursive: true });
  });

  /** Runs the containers of a Job or a CronJob in this process, with the addresses and files of this machine. */
  async function run(kind: 'Job' | 'CronJob', name: string): Promise<string> {
    const workload = find(manifests, kind, name);
    const objects = [...manifests, operatorSecret('administrator', { ADMIN_PASSWORD })];
    const outputs: string[] = [];
    for (const container of containersOf(workload)) {
      const input = inputOf(objects, workload, container);
      const { hostname: DATABASE_HOST, port: DATABASE_PORT } = new URL(postgres.url);
      const replaced = { DATABASE_HOST, DATABASE_PORT, GATEHOUSE_DIR: folder };
      const env = { ...localEnvironment(input, folder), ...replaced };
      const [program, ...args] = (container.args ?? []).map((arg) =>
        input.files[arg] === undefined ? arg : join(folder, arg.replaceAll('/', '-')),
      );
      outputs.push(await runCliOk(commandOf(program), args, { env }));
    }
    return outputs.join('');
  }

  it(
    'install Gatehouse: migrate, apply the shipped blueprints, and create the first administrator',
    async () => {
      expect(await run('Job', 'migrate')).not.toBe('');
      expect(await run('CronJob', 'blueprints')).toMatch(/default-authentication-flow/);
      await run('CronJob', 'administrator');

      const { rows } = await onServer(postgres.url.replace(/\/[^/]*$/, '/gatehouse'), (client) =>
        client.query<{ password_hash: string; is_superuser: boolean }>(
          `SELECT u.password_hash, g.is_superuser FROM directory.users u
         JOIN directory.user_groups ug ON ug.user_id = u.id JOIN directory.groups g ON g.id = ug.group_id
         WHERE u.username = 'admin'`,
        ),
      );
      expect(rows).toMatchObject([{ is_superuser: true }]);
      expect(await verify(rows[0]!.password_hash, ADMIN_PASSWORD)).toBe(true);
      expect(await run('CronJob', 'operator')).toMatch(/^admin\b/m);
    },
    TIMEOUT_MS,
  );

  it(
    'can be run again',
    async () => {
      await expect(run('Job', 'migrate')).resolves.toBeTypeOf('string');
      await expect(run('CronJob', 'blueprints')).resolves.toBeTypeOf('string');
      await expect(run('CronJob', 'administrator')).resolves.toBeTypeOf('string');
    },
    TIMEOUT_MS,
  );
});
