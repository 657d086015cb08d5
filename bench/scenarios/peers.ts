import { execFile } from 'node:child_process';
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { availableParallelism, tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startProcess } from '../../test/support/processes.js';
import { startBaseline } from '../baseline/baseline.js';
import type { BenchEnvironment } from '../environment.js';
import { type MeasuredSite, type RoundFigures, runInterleaved, runRound, type Variant } from '../measurement.js';
import type { Product } from '../product.js';
import { type PeerLogin, peersTable } from '../report.js';
import { LeftOutError } from '../run-scenarios.js';
import { createDatabase, withClient } from '../scratch-databases.js';
import type { Visit } from '../visit.js';
import { USERS } from './flows.js';
import { BASELINES, betterAuthLogin, login, oidcProviderLogin, REDIRECT_URI } from './visits.js';

const run = promisify(execFile);

/** The compared products and what they need, in the versions that were current when this scenario was last measured. */
const PACKAGES = { 'better-auth': '1.7.25', 'oidc-provider': '9.13.3', pg: '8.23.1', '@node-rs/argon2': '2.2.1' };
const ROUNDS = { warmUp: 5, rounds: 9 };
/** Number of logins in one round. */
const LOGINS = 60;
const CONCURRENCY = 16;

interface Peer {
  readonly name: string;
  readonly visit: Visit;
  readonly site: MeasuredSite;
  readonly databaseUrl: string;
}

/**
 * Measures logins of Better Auth and node-oidc-provider beside a login of Gatehouse, with the same hash, on databases of
 * one Postgres. Their packages are installed into a temporary folder.
 */
export async function peers(environment: BenchEnvironment, product: Product): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-peers-'));
  const baseline = await startBaseline(environment);
  const hash: Variant = { name: 'a hash', site: baseline, visit: BASELINES.hash, count: LOGINS };
  const open: Peer[] = [{ name: 'Gatehouse', visit: login, site: product, databaseUrl: environment.databaseUrl }];
  try {
    await install(folder);
    const start = (name: string, visit: Visit) => startPeer(environment, { folder, name, visit });
    open.push(await start('better-auth', betterAuthLogin), await start('oidc-provider', oidcProviderLogin));
    const variants = open.map(({ name, site, visit }): Variant => ({ name, site, visit, count: LOGINS }));
    const measured = await runInterleaved([...variants, hash], environment, ROUNDS);
    const counts = [await transactionsOf(open)];
    for (const variant of variants) await runRound(variant, CONCURRENCY, []);
    counts.push(await transactionsOf(open));
    const logins = open.map(({ name, visit }, i): PeerLogin => {
      const [before, after] = counts.map((each) => each[i]!) as [number, number];
      const transactions = (after - before) / LOGINS;
      return { name, figures: measured.get(name)!, requests: visit.measured.length, transactions };
    });
    return textOf(logins, measured.get('a hash')!);
  } finally {
    for (const { site } of open.slice(1)) await site.stop();
    await baseline.stop();
    await rm(folder, { recursive: true, force: true });
  }
}

const textOf = (logins: readonly PeerLogin[], hash: RoundFigures) =>
  `${peersTable(logins, hash)}\n\nVersions: ${Object.entries(PACKAGES)
    .map((each) => each.join(' '))
    .join(', ')}.`;

async function install(folder: string): Promise<void> {
  await cp('bench/peers', folder, { recursive: true });
  await writeFile(join(folder, 'package.json'), JSON.stringify({ private: true, dependencies: PACKAGES }));
  const args = ['install', '--no-audit', '--no-fund', '--ignore-scripts', '--loglevel=error'];
  await run('npm', args, { cwd: folder }).catch((error: Error & { stderr?: string }) => {
    throw new LeftOutError(`npm cannot install the packages: ${error.stderr ?? error.message}`);
  });
}

interface PeerServer {
  readonly folder: string;
  readonly name: 'better-auth' | 'oidc-provider' | (string & {});
  readonly visit: Visit;
}

async function startPeer(environment: BenchEnvironment, { folder, name, visit }: PeerServer): Promise<Peer> {
  const port = String(await freePort());
  const databaseUrl = await createDatabase(environment.databaseUrl, name);
  const env = {
    ...{ PORT: port, DATABASE_URL: databaseUrl, USERS: String(USERS), PASSWORD: 'correct-horse-7', REDIRECT_URI },
    ...{ NODE_ENV: 'production', UV_THREADPOOL_SIZE: String(availableParallelism() + 2) },
  };
  const { pid, stop } = await startProcess(join(folder, `${name}.mjs`), env, { ready: /serving/ });
  const site: MeasuredSite = {
    url: `http://127.0.0.1:${port}`,
    watched: () => [{ name, pid }],
    stop: async () => void (await stop('SIGKILL')),
  };
  return { name, visit, site, databaseUrl };
}

const TRANSACTIONS = `
  SELECT xact_commit + xact_rollback AS count FROM pg_stat_database WHERE datname = current_database()`;
/**
 * Milliseconds to wait before the counters are read: an idle connection of Postgres reports its counts within ten
 * seconds.
 */
const COUNTERS_MS = 11_000;

/** Returns the number of transactions in each database until now. */
async function transactionsOf(all: readonly Peer[]): Promise<number[]> {
  await new Promise((resolve) => setTimeout(resolve, COUNTERS_MS));
  const counts = all.map(({ databaseUrl }) =>
    withClient(databaseUrl, async (client) => (await client.query<{ count: string }>(TRANSACTIONS)).rows[0]?.count),
  );
  return (await Promise.all(counts)).map(Number);
}
