import { randomBytes, randomUUID } from 'node:crypto';
import { Problem } from '@gatehouse/contracts';
import { MAX_PENDING_SOURCE_LOGINS } from '@gatehouse/executor-postgres';
import { flowDatabase } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { PendingSourceLoginRepository } from './pending-source-login.repository.js';

let database: Awaited<ReturnType<typeof flowDatabase>>;
beforeAll(async () => {
  database = await flowDatabase();
});
afterAll(() => database?.close());

const sealer = new Sealer(`a:${randomBytes(32).toString('base64')}`);
const repositoryWith = (sourceLoginS = 900) =>
  new PendingSourceLoginRepository(database.source, sealer, {
    SOURCE_LOGIN_S: sourceLoginS,
  });
const checkNewSessionRate = () => undefined;
const newState = () => randomBytes(32).toString('base64url');
const login = () => ({ source: randomUUID(), kept: { verifier: 'hush-hush' }, query: { next: '/app/' } });

/** Stores a pending login in a new session. */
async function openLogin(logins = repositoryWith()) {
  const [state, stored] = [newState(), login()];
  const key = await logins.open(state, stored, { sessionKey: undefined, checkNewSessionRate });
  return { state, stored, hash: key!.hash };
}

describe('a pending login at a source', () => {
  it('uses the existing session, else creates one', async () => {
    const { hash } = await openLogin();
    const state = newState();
    expect(await repositoryWith().open(state, login(), { sessionKey: hash, checkNewSessionRate })).toBeUndefined();
    expect(await repositoryWith().take(state, hash)).toBeDefined();
    expect(
      await repositoryWith().open(newState(), login(), { sessionKey: randomBytes(32), checkNewSessionRate }),
    ).toBeDefined();
  });

  it('creates no session if the rate of new sessions is used up', async () => {
    const checkNewSessionRate = () => {
      throw new Problem('rate_limited');
    };
    const opened = repositoryWith().open(newState(), login(), { sessionKey: undefined, checkNewSessionRate });
    await expect(opened).rejects.toMatchObject({ code: 'rate_limited' });
  });

  it('extends its anonymous session, so that the session lasts as long as the login', async () => {
    const { hash } = await openLogin(repositoryWith(60));
    const secondsLeft = async () => {
      const [row] = await database.source.query<[{ left: number }]>(
        `SELECT round(extract(epoch FROM s.expires_at - s.seen_at))::int AS left
         FROM flow.sessions s JOIN flow.session_keys k ON k.session_id = s.id WHERE k.hash = $1`,
        [hash],
      );
      return row.left;
    };
    expect(await secondsLeft()).toBe(60);
    await repositoryWith(900).open(newState(), login(), { sessionKey: hash, checkNewSessionRate });
    expect(await secondsLeft()).toBeGreaterThanOrEqual(900);
  });

  it('is found only once by its state, even by concurrent requests', async () => {
    const { state, stored, hash } = await openLogin();
    const found = await Promise.all(Array.from({ length: 8 }, () => repositoryWith().take(state, hash)));
    expect(found.filter((login) => login !== undefined)).toEqual([stored]);
  });

  it('is found only in the session that started it, and is not deleted by a lookup in another session', async () => {
    const { state, stored, hash } = await openLogin();
    const { hash: otherHash } = await openLogin();
    expect(await repositoryWith().take(state, otherHash)).toBeUndefined();
    expect(await repositoryWith().take(state, undefined)).toBeUndefined();
    expect(await repositoryWith().take(newState(), hash)).toBeUndefined();
    expect(await repositoryWith().take(state, hash)).toEqual(stored);
  });

  it('is not found by a retired key or in an expired session', async () => {
    const [first, second] = [await openLogin(), await openLogin()];
    const retire = "UPDATE flow.session_keys SET until = now() + interval '10 s' WHERE hash = $1";
    await database.source.query(retire, [first.hash]);
    expect(await repositoryWith().take(first.state, first.hash)).toBeUndefined();
    const end =
      'UPDATE flow.sessions s SET expires_at = now() FROM flow.session_keys k WHERE k.session_id = s.id AND k.hash = $1';
    await database.source.query(end, [second.hash]);
    expect(await repositoryWith().take(second.state, second.hash)).toBeUndefined();
  });

  it('expires after SOURCE_LOGIN_S', async () => {
    const { state, hash } = await openLogin(repositoryWith(0));
    expect(await repositoryWith().take(state, hash)).toBeUndefined();
  });

  it('replaces the oldest pending login of its session above the limit', async () => {
    const { state: first, hash } = await openLogin();
    const states = Array.from({ length: MAX_PENDING_SOURCE_LOGINS }, newState);
    for (const state of states) await repositoryWith().open(state, login(), { sessionKey: hash, checkNewSessionRate });
    expect(await repositoryWith().take(first, hash)).toBeUndefined();
    for (const state of states) expect(await repositoryWith().take(state, hash)).toBeDefined();
  });

  it('is stored without its state, and the data of its provider is sealed', async () => {
    const { state } = await openLogin();
    const rows = JSON.stringify(await database.source.query('SELECT * FROM flow.source_logins'), (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    expect(rows).not.toContain('hush-hush');
    expect(rows).not.toContain(state);
  });
});
