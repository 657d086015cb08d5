import { randomBytes, randomUUID } from 'node:crypto';
import { SessionBindingChecker } from '@gatehouse/executor';
import { PostgresSessionBindingStore } from '@gatehouse/executor-postgres';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { ProxyApplication } from '@gatehouse/plan';
import { Logger, MaxmindGeoLocator, readConfig, Sealer } from '@gatehouse/platform';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { newSigningKeys } from '../../../../test/support/forward-auth.js';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { ApplicationAccess } from '../applications/application-access.service.js';
import { TokenSigner } from '../applications/token.signer.js';
import { gatewayConfig } from '../gateway.config.js';
import { AnonymousRateLimiter } from '../http/rate-limits/anonymous-rate-limiter.js';
import { ForwardAuthRepository } from './forward-auth.repository.js';
import { ForwardCheckService } from './forward-check.service.js';
import { ForwardCookieSigner } from './forward-cookie.signer.js';
import { digestOf } from './forward-cookies.js';

const ORIGIN = 'http://wiki.localhost';
const SEAL = `a:${Buffer.alloc(32, 1).toString('base64')}`;
const IP = '203.0.113.7';
const SECRET_KEY = 'x'.repeat(32); // not-a-secret
const COOKIES = new ForwardCookieSigner({ SECRET_KEY });

let database: Awaited<ReturnType<typeof flowDatabase>>;
let statements: string[];
let closed: (channel: string) => void;
beforeAll(async () => {
  database = await flowDatabase();
  statements = recordStatements(database.source);
});
afterAll(() => database?.close());
beforeEach(() => database.source.query('TRUNCATE flow.proxy_applications, flow.sessions CASCADE'));

/** Returns a list to which the name of each database statement is added when it runs. */
function recordStatements({ driver }: DataSource): string[] {
  const names: string[] = [];
  const { master } = driver as unknown as { master: { query(query: { readonly name?: string }): unknown } };
  const query = master.query.bind(master);
  master.query = (statement) => {
    if (statement.name) names.push(statement.name);
    return query(statement);
  };
  return names;
}

async function openService(
  settings: Readonly<Record<string, string>> = {},
  logger = new Logger('silent'),
): Promise<ForwardCheckService> {
  const secrets = { SEAL_KEYS: SEAL, SECRET_KEY, DATABASE_URL: 'postgres://unused' };
  const config = readConfig(gatewayConfig, { ...secrets, ...settings });
  const { source } = database;
  const sealer = new Sealer(SEAL);
  // No application of this spec has a policy binding, so the dependencies of `ApplicationAccess` are never used.
  const access = new ApplicationAccess(undefined as never, undefined as never, undefined as never, logger, config);
  const bindings = new SessionBindingChecker({
    sessions: new PostgresSessionBindingStore(source, sealer),
    geoLocator: await MaxmindGeoLocator.open({ asn: undefined, city: undefined }),
    report: () => undefined,
    reportBroken: () => undefined,
  });
  const sockets = { listenToClosing: (listener: typeof closed) => (closed = listener) };
  const limiter = new AnonymousRateLimiter(config);
  const repository = new ForwardAuthRepository(source, sealer);
  return new ForwardCheckService(
    repository,
    access,
    bindings,
    new TokenSigner(config),
    COOKIES,
    limiter,
    sockets,
    config,
    logger,
  );
}

/** Stores a site and a logged-in user. Returns the user's cookie for the site. */
async function enter(data: object = {}): Promise<string> {
  const { source } = database;
  const [application, user, session] = [randomUUID(), randomUUID(), randomUUID()];
  const document: ProxyApplication = {
    ...{ v: 1, provider: 'wiki', origin: ORIGIN, application: { uuid: application, slug: 'wiki', name: 'Wiki' } },
    ...{ session_lifetime_s: 3600, access: { mode: 'any', bindings: [] }, policies: {} },
  };
  const site = [application, ORIGIN, 'wiki', JSON.stringify(document)];
  await source.query('INSERT INTO flow.proxy_applications VALUES ($1, $2, $3, $4)', site);
  await source.query(
    `INSERT INTO directory.users (id, username, name, email, is_active) VALUES ($1, $2, 'N', '', true)`,
    [...[user, `user-${user}`]],
  );
  await source.query(
    `INSERT INTO flow.sessions (id, user_id, user_epoch, data, expires_at, cleanup_at)
     SELECT $1, u.id, u.epoch, $3, now() + interval '1 hour', now() FROM directory.users u WHERE u.id = $2`,
    [session, user, JSON.stringify({ last_ip: IP, ...data })],
  );
  const cookie = COOKIES.issue(ORIGIN);
  await source.query(
    `INSERT INTO flow.forward_sessions (hash, session_id, user_id, application, expires_at)
     VALUES ($1, $2, $3, $4, now() + interval '1 hour')`,
    [digestOf(cookie), session, user, application],
  );
  return cookie;
}

const reply = { header: () => reply } as unknown as FastifyReply;

/** Returns the outcome of a check, and the names of the statements that it has run. */
async function check(service: ForwardCheckService, cookie: string | undefined, ip = IP) {
  statements.length = 0;
  return { outcome: await outcomeOf(service, cookie, ip), statements: [...statements] };
}

const outcomeOf = async (service: ForwardCheckService, cookie: string | undefined, ip = IP) =>
  (await verdictOf(service, cookie, ip)).outcome;

function verdictOf(service: ForwardCheckService, cookie: string | undefined, ip = IP) {
  const headers = { ...(cookie !== undefined && { cookie: `gatehouse_forward=${cookie}` }) };
  const request = { headers, ip, id: 'r', socket: { remoteAddress: ip } } as unknown as FastifyRequest;
  return service.check(ORIGIN, request, reply);
}

describe('a check of forward auth', () => {
  it('needs one database statement, and none while its verdict is cached', async () => {
    const service = await openService();
    const cookie = await enter();
    expect(await check(service, cookie)).toEqual({ outcome: 'passed', statements: ['forward_auth_find'] });
    expect(await check(service, cookie)).toEqual({ outcome: 'passed', statements: [] });
    expect(await check(service, undefined)).toEqual({ outcome: 'anonymous', statements: ['forward_auth_find'] });
    expect(await check(service, undefined)).toEqual({ outcome: 'anonymous', statements: [] });
    closed('channel of another session');
    expect((await check(service, cookie)).statements).toEqual([]);
  });

  it('needs one database statement each time if verdicts are not cached', async () => {
    const service = await openService({ FORWARD_AUTH_CACHE_MS: '0' });
    const cookie = await enter();
    for (const given of [cookie, cookie, undefined])
      expect((await check(service, given)).statements).toEqual(['forward_auth_find']);
  });

  it('shares its database statement with concurrent checks', async () => {
    const service = await openService();
    const cookie = await enter();
    statements.length = 0;
    const outcomes = await Promise.all(Array.from({ length: 20 }, () => outcomeOf(service, cookie)));
    expect(new Set(outcomes)).toEqual(new Set(['passed']));
    expect(statements).toEqual(['forward_auth_find']);
  });

  it('ends a session whose client leaves the network that it is bound to, even while a verdict for the network is cached', async () => {
    const service = await openService();
    const cookie = await enter({ bindings: { network: 'bind_asn', geoip: 'no_binding' } });
    expect((await check(service, cookie)).outcome).toBe('passed');
    // Without a GeoIP database no address has a network, so any other address breaks the binding.
    expect((await check(service, cookie, '198.51.100.9')).outcome).toBe('anonymous');
    expect(await database.source.query('SELECT FROM flow.forward_sessions')).toEqual([]);
    expect((await check(service, cookie)).outcome).toBe('anonymous');
  });

  it('passes a client with a new address, with one database statement, if its session is bound to no network or place', async () => {
    const service = await openService();
    const cookie = await enter();
    expect(await check(service, cookie, '198.51.100.9')).toEqual({
      outcome: 'passed',
      statements: ['forward_auth_find'],
    });
  });

  it('needs no database statement for a cookie that Gatehouse has not issued, or has issued for another site', async () => {
    const service = await openService();
    const cookie = await enter();
    await check(service, undefined);
    const made = [randomBytes(32).toString('base64url'), COOKIES.issue('http://news.localhost')];
    const altered = [`${cookie.slice(0, -1)}${cookie.endsWith('a') ? 'b' : 'a'}`, `x${cookie.slice(1, -1)}y`];
    for (const given of [...made, ...altered])
      expect(await check(service, given)).toEqual({ outcome: 'anonymous', statements: [] });
    expect(await check(service, COOKIES.issue(ORIGIN))).toMatchObject({ statements: ['forward_auth_find'] });
    expect((await check(service, cookie)).outcome).toBe('passed');
  });

  it('counts only cookies that are not valid towards the anonymous rate limit', async () => {
    const service = await openService({ ANONYMOUS_RATE: '2', ANONYMOUS_RATE_PERIOD_S: '3600' });
    const cookie = await enter();
    for (let times = 0; times < 5; times += 1) {
      expect((await check(service, undefined)).outcome).toBe('anonymous');
      expect((await check(service, cookie)).outcome).toBe('passed');
    }
    const made = () => check(service, randomBytes(32).toString('base64url'));
    expect([(await made()).outcome, (await made()).outcome]).toEqual(['anonymous', 'anonymous']);
    await expect(made()).rejects.toMatchObject({ code: 'rate_limited' });
    expect((await check(service, cookie)).outcome).toBe('passed');
  });

  it('refuses a user whose identity headers are above FORWARD_AUTH_IDENTITY_BYTES, and logs the size', async () => {
    const settings = { JWT_SIGNING_KEYS: newSigningKeys(), FORWARD_AUTH_CACHE_MS: '0' };
    const cookie = await enter();
    await database.source.query(
      `WITH g AS (INSERT INTO directory.groups (id, name) VALUES (gen_random_uuid(), $1) RETURNING id)
       INSERT INTO directory.user_groups SELECT s.user_id, g.id FROM flow.forward_sessions s, g`,
      ['é'.repeat(600)],
    );
    const passed = await verdictOf(await openService(settings), cookie);
    const headers = passed.outcome === 'passed' ? passed.headers : {};
    const bytes = Object.entries(headers).flat().join('').length;
    // The names of the groups are in two headers, and in base64 in the token.
    expect(bytes).toBeGreaterThan(1200 * 3);
    const exact = { ...settings, FORWARD_AUTH_IDENTITY_BYTES: String(bytes) };
    expect(await verdictOf(await openService(exact), cookie)).toMatchObject({ outcome: 'passed' });
    const log = new LogRecorder();
    const smaller = { ...settings, FORWARD_AUTH_IDENTITY_BYTES: String(bytes - 1) };
    expect(await verdictOf(await openService(smaller, log.logger), cookie)).toMatchObject({ outcome: 'oversized' });
    expect(log.lines).toMatchObject([
      { event: 'forward_identity_too_large', application: 'wiki', header_bytes: bytes },
    ]);
  });
});
