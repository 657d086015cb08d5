import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { rm } from 'node:fs/promises';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { findNatsServer } from '../../libs/platform/src/nats-server-binary.js';
import { isInstalled } from '../deploy/installed.js';
import { findChromium } from './chromium-binary.js';
import { startOwnPostgres } from './own-postgres.js';
import { hasPgbouncer } from './pgbouncer.js';
import { migratedName } from './postgres.js';
import { dropDatabases, onServer } from './postgres-databases.js';
import { hasProxy, PROXIES } from './reverse-proxy.js';
import { runFolder } from './run-folder.js';

const run = promisify(execFile);

declare module 'vitest' {
  interface ProvidedContext {
    /** URL of a Postgres server on which tests can create databases. */
    postgresUrl: string;
    /** Part of the name of each database of this run, so that the run can drop them all. */
    runId: string;
    /** Path of `nats-server`. Empty if there is none. */
    natsServer: string;
    /** Path of Chromium. Empty if there is none. */
    chromium: string;
  }
}

/**
 * Provides what all suites share: a migrated database on the Postgres of DATABASE_URL, or else on a new server, and the
 * paths of nats-server and Chromium. Returns the function that drops the databases of this run, deletes its folder and
 * stops a server that was started.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const runId = randomBytes(4).toString('hex');
  const natsServer = await findNatsServer();
  const postgres = await postgresOf(process.env);
  project.provide('runId', runId);
  project.provide('postgresUrl', postgres.url);
  await prepareMigrated(postgres.url, migratedName(runId));
  project.provide('natsServer', natsServer ?? '');
  const chromium = findChromium() ?? '';
  project.provide('chromium', chromium);
  if (!natsServer)
    console.warn('There is no nats-server: the suites that need one are skipped (with CI set, they fail).');
  if (!isInstalled('python3'))
    console.warn('There is no python3: the suites of the stage in Python are skipped (with CI set, they fail).');
  if (!hasPgbouncer)
    console.warn(
      'There is no pgbouncer: its suites are skipped, and no journey runs through it (apt-get install pgbouncer).',
    );
  for (const proxy of PROXIES.filter((name) => !hasProxy(name)))
    console.warn(`There is no ${proxy}: its suite of forward auth is skipped (with CI set, it fails).`);
  if (!chromium) console.warn('There is no Chromium: the suites in a browser are skipped (with CI set, they fail).');
  return async () => {
    await dropDatabases(postgres.url, `gatehouse_test_${runId}_%`);
    await rm(runFolder(runId), { recursive: true, force: true });
    await postgres.stop();
  };
}

/** Creates the migrated database that suites copy, with the operator’s migration command. */
async function prepareMigrated(server: string, name: string): Promise<void> {
  await onServer(server, (client) => client.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const env = { PATH: process.env['PATH'], DATABASE_URL: url.href };
  await run(process.execPath, ['dist/apps/cli/src/migrate.js'], { env });
}

/** Returns the Postgres of DATABASE_URL, otherwise a new server whose data may be lost in a crash. */
async function postgresOf(env: NodeJS.ProcessEnv): Promise<{ url: string; stop: () => Promise<void> }> {
  if (env['DATABASE_URL']) return { url: env['DATABASE_URL'], stop: async () => undefined };
  return startOwnPostgres({ password: randomBytes(24).toString('base64url') });
}
