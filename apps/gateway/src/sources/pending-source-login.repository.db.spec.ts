import { randomBytes, randomUUID } from 'node:crypto';
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
const loginsFor = (sourceLoginS = 900) =>
  new PendingSourceLoginRepository(database.source, sealer, {
    SOURCE_LOGIN_S: sourceLoginS,
    ANONYMOUS_SESSION_S: 3600,
  });
const newState = () => randomBytes(32).toString('base64url');
const login = () => ({ source: randomUUID(), kept: { verifier: 'hush-hush' }, query: { next: '/app/' } });

/** A login of a session made for it. */
async function opened(logins = loginsFor()) {
  const [state, begun] = [newState(), login()];
  const key = await logins.open(state, begun, undefined);
  return { state, begun, hash: key!.hash };
}

describe('a login at a source', () => {
  it('makes a session where there is none, and goes into the one that there is', async () => {
    const { hash } = await opened();
    const state = newState();
    expect(await loginsFor().open(state, login(), hash)).toBeUndefined();
    expect(await loginsFor().take(state, hash)).toBeDefined();
    expect(await loginsFor().open(newState(), login(), randomBytes(32))).toBeDefined();
  });

  it('is found once by its state, whoever else asks at the same moment', async () => {
    const { state, begun, hash } = await opened();
    const found = await Promise.all(Array.from({ length: 8 }, () => loginsFor().take(state, hash)));
    expect(found.filter((one) => one !== undefined)).toEqual([begun]);
  });

  it('is found in its own session only, and stays for that', async () => {
    const { state, begun, hash } = await opened();
    const { hash: others } = await opened();
    expect(await loginsFor().take(state, others)).toBeUndefined();
    expect(await loginsFor().take(state, undefined)).toBeUndefined();
    expect(await loginsFor().take(newState(), hash)).toBeUndefined();
    expect(await loginsFor().take(state, hash)).toEqual(begun);
  });

  it('is found by no key of its session that was replaced, nor in a session that is over', async () => {
    const [one, other] = [await opened(), await opened()];
    const retire = "UPDATE flow.session_keys SET until = now() + interval '10 s' WHERE hash = $1";
    await database.source.query(retire, [one.hash]);
    expect(await loginsFor().take(one.state, one.hash)).toBeUndefined();
    const end =
      'UPDATE flow.sessions s SET expires_at = now() FROM flow.session_keys k WHERE k.session_id = s.id AND k.hash = $1';
    await database.source.query(end, [other.hash]);
    expect(await loginsFor().take(other.state, other.hash)).toBeUndefined();
  });

  it('is over in time, SOURCE_LOGIN_S', async () => {
    const { state, hash } = await opened(loginsFor(0));
    expect(await loginsFor().take(state, hash)).toBeUndefined();
  });

  it('gives way, the oldest first, where a session begins many', async () => {
    const { state: first, hash } = await opened();
    const states = Array.from({ length: MAX_PENDING_SOURCE_LOGINS }, newState);
    for (const state of states) await loginsFor().open(state, login(), hash);
    expect(await loginsFor().take(first, hash)).toBeUndefined();
    for (const state of states) expect(await loginsFor().take(state, hash)).toBeDefined();
  });

  it('is kept without its state, and what its provider needs of it is sealed', async () => {
    const { state } = await opened();
    const rows = JSON.stringify(await database.source.query('SELECT * FROM flow.source_logins'), (_, value) =>
      value?.type === 'Buffer' ? Buffer.from(value.data).toString('latin1') : value,
    );
    expect(rows).not.toContain('hush-hush');
    expect(rows).not.toContain(state);
  });
});
