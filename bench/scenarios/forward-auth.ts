import { hash } from 'node:crypto';
import pg from 'pg';
import { ForwardCookieSigner } from '../../apps/gateway/src/forward-auth/forward-cookie.signer.js';
import { blueprint } from '../../test/support/blueprints.js';
import { siteEntries } from '../../test/support/forward-auth.js';
import { startBaseline } from '../baseline/baseline.js';
import type { BenchEnvironment } from '../environment.js';
import { type MeasuredSite, runInterleaved, type Variant } from '../measurement.js';
import { type Product, SECRET_KEY } from '../product.js';
import { solvesTable } from '../report.js';
import type { Step, Visit } from '../visit.js';
import { USERS } from './flows.js';
import { BASELINES } from './visits.js';

/**
 * A check as Envoy sends it. Each visitor has an address of its own, so the first check of each visitor needs an SQL
 * statement.
 */
const check = (expects: Pick<Step, 'expects' | 'status'>): Step => ({
  ...{ method: 'GET', path: '/outpost.goauthentik.io/auth/envoy/page?q=1', ...expects },
});
const passes = check({ expects: '', status: 200 });
const cookie = 'gatehouse_forward';
const anonymous: Visit = { before: [], measured: [check({ expects: '/start?rd=', status: 302 })] };

/**
 * Stores a session of each user with the cookie of the site. $1 hashes of the cookies, by the number of the user.
 */
const STORE_COOKIES = `
  WITH stored AS (
    INSERT INTO flow.sessions (id, user_id, user_epoch, data, expires_at, cleanup_at)
    SELECT gen_random_uuid(), u.id, u.epoch, '{}', now() + interval '1 day', now() + interval '1 day'
    FROM generate_series(0, cardinality($1::bytea[]) - 1) n JOIN directory.users u ON u.username = 'user-' || n
    RETURNING id, user_id)
  INSERT INTO flow.forward_sessions (hash, session_id, user_id, application, expires_at)
  SELECT ($1::bytea[])[n + 1], s.id, s.user_id, p.application, now() + interval '1 day'
  FROM generate_series(0, cardinality($1::bytea[]) - 1) n JOIN directory.users u ON u.username = 'user-' || n
  JOIN stored s ON s.user_id = u.id, flow.proxy_applications p`;

/**
 * Measures checks of forward auth: the first check of a cookie, checks whose verdict is cached, and checks without a
 * cookie.
 */
export async function forwardAuth(environment: BenchEnvironment, product: Product): Promise<string> {
  // Site and login must have different hosts. The site is `localhost`, the login 127.0.0.1, and both are the same
  // gateway.
  const url = product.url.replace('127.0.0.1', 'localhost');
  await product.apply(blueprint(siteEntries('site', { external_host: url })));
  const signer = new ForwardCookieSigner({ SECRET_KEY });
  const values = Array.from({ length: USERS }, () => signer.issue(url));
  await storeCookies(environment.databaseUrl, values);
  const first: Visit = { cookie, values, before: [], measured: [passes] };
  const kept: Visit = { ...first, before: [passes] };
  const baseline = await startBaseline(environment);
  const site: MeasuredSite = { url, watched: () => product.watched(), stop: async () => undefined };
  const bare = 'bare Fastify';
  const variants: Variant[] = [
    { name: bare, site: baseline, visit: BASELINES.bare, count: 1500 },
    { name: 'a check whose verdict is kept', site, visit: kept, count: 1500, baseline: bare },
    { name: 'the first check of a cookie', site, visit: first, count: 1500, baseline: bare },
    { name: 'a check without a cookie', site, visit: anonymous, count: 1500, baseline: bare },
  ];
  try {
    return solvesTable({ variants, measured: await runInterleaved(variants, environment) });
  } finally {
    await baseline.stop();
  }
}

async function storeCookies(databaseUrl: string, values: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    await client.query(STORE_COOKIES, [values.map((value) => hash('sha256', value, 'buffer'))]);
  } finally {
    await client.end();
  }
}
