import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { promisify } from 'node:util';
import type { TestProject } from 'vitest/node';
import { findNatsServer } from '../../libs/platform/src/nats-server-binary.js';
import { isInstalled } from '../deploy/installed.js';
import { findChromium } from './chromium-binary.js';
import { startOwnPostgres } from './own-postgres.js';
import { migratedName } from './postgres.js';
import { dropDatabases, onServer } from './postgres-databases.js';

const run = promisify(execFile);

declare module 'vitest' {
  interface ProvidedContext {
    /** A Postgres where databases can be created. */
    postgresUrl: string;
    /** What the databases of this run are named with, so that they can be told from others and dropped. */
    runId: string;
    /** The path of `nats-server`; empty when there is none. */
    natsServer: string;
    /** The path of Chromium; empty when there is none. */
    chromium: string;
  }
}

/** What all suites share: a Postgres, and where to find a nats-server. */
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
    console.warn('There is no nats-server here: the suites that need one are skipped (with CI set, they fail).');
  if (!isInstalled('python3'))
    console.warn('There is no python3 here: the suites of the stage in Python are skipped (with CI set, they fail).');
  if (!chromium)
    console.warn('There is no chromium here: the suites in a browser are skipped (with CI set, they fail).');
  return async () => {
    await dropDatabases(postgres.url, `gatehouse_test_${runId}_%`);
    await postgres.stop();
  };
}

/** Makes the database that suites copy, as an operator would, once a run. */
async function prepareMigrated(server: string, name: string): Promise<void> {
  await onServer(server, (client) => client.query(`CREATE DATABASE "${name}" TEMPLATE template0`));
  const url = new URL(server);
  url.pathname = `/${name}`;
  const env = { PATH: process.env['PATH'], DATABASE_URL: url.href };
  await run(process.execPath, ['dist/apps/cli/src/migrate.js'], { env });
}

/** The developer's own server, else an embedded one that forgets everything. */
async function postgresOf(env: NodeJS.ProcessEnv): Promise<{ url: string; stop: () => Promise<void> }> {
  if (env['DATABASE_URL']) return { url: env['DATABASE_URL'], stop: async () => undefined };
  return startOwnPostgres({ password: randomBytes(24).toString('base64url') });
}
