import type { BenchOptions } from '../bench-options.js';
import { startNats, startPostgres } from '../environment.js';
import { fillDatabase, type Size } from '../growth-data.js';
import { type MeasuredSite, type RoundFigures, runInterleaved, type Variant } from '../measurement.js';
import { Product } from '../product.js';
import { type Growth, growthRatio, growthTable } from '../report.js';
import type { ScenarioResult } from '../run-scenarios.js';
import { createDatabase, withClient } from '../scratch-databases.js';
import type { Visit } from '../visit.js';
import { atCopies, dummy, identification, login, ownAccount } from './visits.js';

/** Largest ratio of the CPU time in the large database to that in the small one. */
const BOUND = 1.15;

const SMALL: Size = { users: 1000, sessions: 1000, plans: 100, flows: 10 };
const LARGE: Size = { users: 1_000_000, sessions: 1_000_000, plans: 100_000, flows: 1000 };

/**
 * Settings for a database of some gigabytes. Autovacuum is off, because it would run on the small tables only: a fifth
 * of their rows changes within seconds.
 */
const SETTINGS = ['shared_buffers=2GB', 'max_wal_size=16GB', 'checkpoint_timeout=1h', 'autovacuum=off'];
const ROUNDS = { warmUp: 6, rounds: 9 };

const VISITS: readonly { name: string; visit: Visit; count: number }[] = [
  { name: 'identification', visit: atCopies(identification), count: 300 },
  { name: 'the last answer of a dummy', visit: dummy, count: 400 },
  { name: '`users/me`', visit: ownAccount, count: 500 },
  { name: 'a login', visit: atCopies(login), count: 40 },
];

/**
 * Measures the same visits in a small and in a large database, by two deployments that take turns. Both databases are on
 * one server of their own, whose files are on disk and are deleted at the end.
 */
export async function growth({ users }: BenchOptions): Promise<ScenarioResult> {
  const server = await startPostgres({ settings: SETTINGS, onDisk: true });
  const small = await openSite(server.url, SMALL);
  const large = await openSite(server.url, { ...LARGE, users });
  try {
    const variants = [small, large].flatMap(variantsOf);
    const measured = await runInterleaved(variants, { watched: [server.watched] }, ROUNDS);
    const growths = VISITS.map(({ name }): Growth => ({ name, ...figuresOf(name, measured) }));
    const text = [`${described(small)}\n\n${described(large)}`, growthTable(growths, BOUND)].join('\n\n');
    return { text, passed: growths.every((each) => growthRatio(each) <= BOUND) };
  } finally {
    for (const site of [small, large]) await site.stop();
    await server.stop();
  }
}

interface GrowthSite extends MeasuredSite {
  readonly size: Size;
  /** Size of the database in bytes. `seconds` is the time that it took to fill. */
  readonly bytes: number;
  readonly seconds: number;
}

const nameOf = ({ users }: Size) => (users === SMALL.users ? 'small' : 'large');

async function openSite(serverUrl: string, size: Size): Promise<GrowthSite> {
  const nats = await startNats();
  const databaseUrl = await createDatabase(serverUrl, nameOf(size));
  const product = await Product.open({ natsUrl: nats.url, databaseUrl });
  const startedAt = performance.now();
  const bytes = await withClient(databaseUrl, async (client) => {
    await fillDatabase(client, size);
    const { rows } = await client.query<{ bytes: string }>('SELECT pg_database_size(current_database()) AS bytes');
    return Number(rows[0]?.bytes);
  });
  return {
    ...{ url: product.url, size, bytes, seconds: (performance.now() - startedAt) / 1000 },
    watched: () => [...product.watched(), nats.watched],
    stop: async () => {
      await product.stop();
      await nats.stop();
    },
  };
}

const variantsOf = (site: GrowthSite): Variant[] =>
  VISITS.map(({ name, visit, count }) => ({
    ...{ name: `${name}, ${nameOf(site.size)}`, site, visit, count, flows: site.size.flows },
    users: Math.min(site.size.users, site.size.sessions),
  }));

const figuresOf = (name: string, measured: ReadonlyMap<string, RoundFigures>) => ({
  small: measured.get(`${name}, small`)!,
  large: measured.get(`${name}, large`)!,
});

function described({ size, bytes, seconds }: GrowthSite): string {
  const { users, sessions, plans, flows } = size;
  const rows = `${users} users, ${sessions} sessions, ${plans} plans, ${flows} flows`;
  return `${nameOf(size)}: ${rows}, ${(bytes / 1e6).toFixed(0)} MB, filled in ${seconds.toFixed(0)} s`;
}
