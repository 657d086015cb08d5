import { randomBytes, randomUUID } from 'node:crypto';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import type { ProxyApplication } from '@gatehouse/plan';
import { Sealer } from '@gatehouse/platform';
import type { QueryRunner } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { ForwardAuthRepository } from './forward-auth.repository.js';

const ORIGIN = 'https://wiki.example.org';
const HOUR = `interval '1 hour'`;

let database: Awaited<ReturnType<typeof flowDatabase>>;
let repository: ForwardAuthRepository;
let application: string;
let user: string;
let session: string;
beforeAll(async () => {
  database = await flowDatabase();
  repository = new ForwardAuthRepository(database.source, new Sealer(`a:${randomBytes(32).toString('base64')}`));
});
afterAll(() => database?.close());
beforeEach(async () => {
  await query('TRUNCATE flow.proxy_applications, flow.sessions, directory.users CASCADE');
  application = await addSite('wiki', ORIGIN);
  await addUser();
  user = await addUser();
  session = await addSession(user);
});

const query = <T>(sql: string, values: unknown[] = []) => database.source.query<T[]>(sql, values);
const bytes = () => randomBytes(32);

async function addSite(slug: string, origin: string): Promise<string> {
  const document: ProxyApplication = {
    ...{ v: 1, provider: slug, origin, application: { uuid: randomUUID(), slug, name: slug } },
    ...{ session_lifetime_s: 3600, access: { mode: 'any', bindings: [] }, policies: {} },
  };
  const { uuid } = document.application;
  const values = [uuid, origin, slug, JSON.stringify(document)];
  await query('INSERT INTO flow.proxy_applications VALUES ($1, $2, $3, $4)', values);
  return uuid;
}

async function addUser(): Promise<string> {
  const id = randomUUID();
  await query(`INSERT INTO directory.users (id, username, name, email, is_active) VALUES ($1, $2, 'N', 'e@x', true)`, [
    ...[id, `user-${id}`],
  ]);
  return id;
}

async function addSession(userId: string): Promise<string> {
  const id = randomUUID();
  await query(
    `INSERT INTO flow.sessions (id, user_id, user_epoch, data, expires_at, cleanup_at)
     SELECT $1, u.id, u.epoch, '{"last_ip": "203.0.113.7"}', now() + ${HOUR}, now() FROM directory.users u WHERE u.id = $2`,
    [id, userId],
  );
  await query('INSERT INTO flow.session_keys (hash, session_id) VALUES ($1, $2)', [Buffer.alloc(32, 1), id]);
  return id;
}

async function addCookie(): Promise<Buffer> {
  const hash = bytes();
  await query(
    `INSERT INTO flow.forward_sessions (hash, session_id, user_id, application, expires_at)
     VALUES ($1, $2, $3, $4, now() + ${HOUR})`,
    [hash, session, user, application],
  );
  return hash;
}

const CODE = { nonceHash: bytes(), destinationHash: bytes(), lifetimeS: 30 };
async function addCode(): Promise<Buffer> {
  const hash = bytes();
  await repository.createCode({ ...CODE, hash, sessionId: session, user, application }, []);
  return hash;
}
const redeem = (hash: Buffer, changes: object = {}) =>
  repository.redeem({ ...CODE, hash, application, cookieHash: bytes(), ...changes, lifetimeS: 7200 });

/** Cases in which a session or its user is not valid any more: a description, and the SQL that causes the case. */
const ENDINGS: readonly (readonly [string, string])[] = [
  ['the session has ended', 'DELETE FROM flow.sessions'],
  ['the session has expired', `UPDATE flow.sessions SET expires_at = now() - ${HOUR}`],
  [
    'the session belongs to another user now',
    'UPDATE flow.sessions s SET user_id = u.id, user_epoch = u.epoch FROM directory.users u WHERE u.id <> s.user_id',
  ],
  ['the session has no user any more', 'UPDATE flow.sessions SET user_id = NULL'],
  ['the user is not active', 'UPDATE directory.users SET is_active = false'],
  ['all sessions of the user were ended', 'UPDATE directory.users SET epoch = epoch + 1'],
  ['the user was deleted', 'DELETE FROM directory.users'],
];

describe('the session of a site’s cookie', () => {
  it('is found with its user, all groups of the user, and the current keys of the login session', async () => {
    const [parent, child] = [randomUUID(), randomUUID()];
    await query(`INSERT INTO directory.groups (id, name) VALUES ($1, 'parent')`, [parent]);
    await query(`INSERT INTO directory.groups (id, name, parent_id) VALUES ($1, 'child', $2)`, [child, parent]);
    await query('INSERT INTO directory.user_groups VALUES ($1, $2)', [user, child]);
    await query(`INSERT INTO flow.session_keys (hash, session_id, until) VALUES ($1, $2, now() + ${HOUR})`, [
      ...[bytes(), session],
    ]);
    const found = await repository.find(ORIGIN, await addCookie());
    expect(found?.site).toMatchObject({ origin: ORIGIN, application: { slug: 'wiki' } });
    expect(found?.session).toMatchObject({ sessionId: session, lastIp: '203.0.113.7', isBound: false });
    expect(found?.session?.sessionKeys).toEqual([Buffer.alloc(32, 1)]);
    expect(found?.session?.user).toMatchObject({ kind: 'saved', uuid: user, groups: [{ name: 'child' }] });
    expect(found?.session?.user.group_ids.toSorted()).toEqual([parent, child].toSorted());
  });

  it('is bound if its login session is bound to a network or a place', async () => {
    const cookie = await addCookie();
    for (const binding of ['network', 'geoip']) {
      await query(
        `UPDATE flow.sessions SET data = jsonb_build_object('bindings', jsonb_build_object($1::text, 'bind_asn'))`,
        [binding],
      );
      expect((await repository.find(ORIGIN, cookie))?.session?.isBound).toBe(true);
    }
    await query(`UPDATE flow.sessions SET data = '{"bindings": {"network": "no_binding", "geoip": "no_binding"}}'`);
    expect((await repository.find(ORIGIN, cookie))?.session?.isBound).toBe(false);
  });

  it.each(ENDINGS)('is not found when %s', async (_, ending) => {
    const cookie = await addCookie();
    expect((await repository.find(ORIGIN, cookie))?.session).toBeDefined();
    await query(ending);
    const found = await repository.find(ORIGIN, cookie);
    expect([found?.site.origin, found?.session]).toEqual([ORIGIN, undefined]);
  });

  it('is not found at another site, without a cookie, with another cookie, or after the cookie has expired', async () => {
    await addSite('news', 'https://news.example.org');
    const cookie = await addCookie();
    expect((await repository.find('https://news.example.org', cookie))?.session).toBeUndefined();
    expect((await repository.find(ORIGIN, undefined))?.session).toBeUndefined();
    expect((await repository.find(ORIGIN, bytes()))?.session).toBeUndefined();
    expect(await repository.find('https://other.example.org', cookie)).toBeUndefined();
    await query(`UPDATE flow.forward_sessions SET expires_at = now() - interval '1 second'`);
    expect((await repository.find(ORIGIN, cookie))?.session).toBeUndefined();
  });

  it('is removed only with the application of its site', async () => {
    const cookie = await addCookie();
    await repository.remove(cookie, randomUUID());
    expect((await repository.find(ORIGIN, cookie))?.session).toBeDefined();
    await repository.remove(cookie, application);
    expect((await repository.find(ORIGIN, cookie))?.session).toBeUndefined();
  });
});

/** Runs `work` while a logout has locked the session, lets the logout end the session, and returns the result of `work`. */
async function duringLogout<T>(work: () => Promise<T>): Promise<T> {
  const logout: QueryRunner = database.source.createQueryRunner();
  try {
    await logout.startTransaction();
    await logout.query('SELECT FROM flow.sessions WHERE id = $1 FOR UPDATE', [session]);
    const working = work();
    await Promise.race([working.catch(() => undefined), waitForBlockedStatements(database.source, 1)]);
    // The logout deletes these rows too, so `work` must not have locked them before the session.
    await logout.query('SELECT FROM flow.forward_codes FOR UPDATE NOWAIT');
    await logout.query('DELETE FROM flow.sessions WHERE id = $1', [session]);
    await logout.commitTransaction();
    return await working;
  } finally {
    if (logout.isTransactionActive) await logout.rollbackTransaction();
    await logout.release();
  }
}

describe('a code for the cookie of a site', () => {
  it('is not created, and writes no event, if its session ends at the same time', async () => {
    const code = { ...CODE, hash: bytes(), sessionId: session, user, application };
    const event = { topic: 'events.authorize_application', user: undefined, body: {} };
    const before = await query('SELECT FROM flow.outbox');
    expect(await duringLogout(() => repository.createCode(code, [event]))).toBe(false);
    expect((await query('SELECT FROM flow.outbox')).length).toBe(before.length);
  });

  it('is not redeemed if its session ends at the same time, and the two do not deadlock', async () => {
    const code = await addCode();
    expect(await duringLogout(() => redeem(code))).toBe(false);
  });

  it('is redeemed by only one of several concurrent requests, in each of 20 races', async () => {
    for (let race = 0; race < 20; race += 1) {
      const code = await addCode();
      const redeemed = await Promise.all(Array.from({ length: 6 }, () => redeem(code)));
      expect(redeemed.filter(Boolean)).toEqual([true]);
    }
  });

  it.each([
    ['another code', { hash: bytes() }],
    ['another browser', { nonceHash: bytes() }],
    ['another destination', { destinationHash: bytes() }],
    ['another application', { application: randomUUID() }],
  ])('is not redeemed and stays valid if it is sent with %s', async (_, changes) => {
    const code = await addCode();
    expect(await redeem(code, changes)).toBe(false);
    expect(await redeem(code)).toBe(true);
  });

  it.each(ENDINGS)('is not redeemed when %s', async (_, ending) => {
    const code = await addCode();
    await query(ending);
    expect(await redeem(code)).toBe(false);
  });

  it('is not redeemed after it has expired', async () => {
    const code = await addCode();
    await query(`UPDATE flow.forward_codes SET expires_at = now() - interval '1 second'`);
    expect(await redeem(code)).toBe(false);
  });

  it('yields a cookie that expires with the session, and replaces cookies of the session that are older than a minute', async () => {
    const old = await addCookie();
    await query(`UPDATE flow.forward_sessions SET created_at = now() - interval '2 minutes'`);
    const recent = await addCookie();
    const cookieHash = bytes();
    expect(await redeem(await addCode(), { cookieHash })).toBe(true);
    const rows = await query<{ hash: Buffer }>('SELECT hash FROM flow.forward_sessions ORDER BY created_at');
    expect(rows.map(({ hash }) => hash)).toEqual([recent, cookieHash]);
    expect(rows.map(({ hash }) => hash)).not.toContainEqual(old);
    const [ends] = await query<{ same: boolean }>(
      'SELECT f.expires_at = s.expires_at AS same FROM flow.forward_sessions f JOIN flow.sessions s ON s.id = f.session_id WHERE f.hash = $1',
      [cookieHash],
    );
    expect(ends).toEqual({ same: true });
  });
});
