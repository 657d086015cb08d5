import { randomUUID } from 'node:crypto';
import { migrate, openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, freshDatabase } from '../../../../../test/support/postgres.js';
import { CONSENT_SCHEMA, consentMigrations } from '../migrations/index.js';
import { TypeormDeviceCodeStore } from './typeorm-device-code-store.js';

let database: FreshDatabase;
let source: DataSource;
let codes: TypeormDeviceCodeStore;
beforeAll(async () => {
  database = await freshDatabase();
  await migrate({ url: database.url, schema: CONSENT_SCHEMA, migrations: consentMigrations });
  source = await openDataSource({ url: database.url, schema: CONSENT_SCHEMA, poolSize: 8 });
  codes = new TypeormDeviceCodeStore(source);
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

const CLIENT = { client_id: 'tv', application: randomUUID(), scopes: ['openid', 'email'] };
const somebody = () => ({ uuid: randomUUID(), epoch: 3 });
const poll = (deviceCode: string, clientId = 'tv') => codes.redeem({ deviceCode, clientId, lifetimeS: 60 });
const wait = (seconds: number) =>
  source.query(`UPDATE consent.device_codes SET next_poll_at = next_poll_at - interval '${seconds} s'`);

async function claimed(user = somebody()) {
  const issued = await codes.issue(CLIENT, 60);
  const claim = await codes.claim(issued.user_code, user.uuid);
  return { ...issued, user, id: claim!.id };
}
async function approved(scopes = CLIENT.scopes) {
  const code = await claimed();
  await codes.approve(randomUUID(), { claimed: code.id, user: code.user, scopes });
  return code;
}

describe('codes of a device', () => {
  it('are nine digits to read and 128 characters to ask with, and kept as hashes', async () => {
    const { device_code, user_code, interval } = await codes.issue(CLIENT, 60);
    expect(user_code).toMatch(/^\d{9}$/);
    expect(device_code).toMatch(/^[\w-]{128}$/);
    expect(interval).toBe(5);
    const kept = JSON.stringify(await source.query('SELECT d.*, d::text AS text FROM consent.device_codes d'));
    expect(kept).not.toContain(user_code);
    expect(kept).not.toContain(device_code);
  });

  it('belong to whoever shows the one to read first, of two at once to one (accident 52)', async () => {
    const { user_code } = await codes.issue(CLIENT, 60);
    const people = Array.from({ length: 6 }, somebody);
    const claims = await Promise.all(people.map(({ uuid }) => codes.claim(user_code, uuid)));
    const winners = people.filter((_, i) => claims[i]);
    expect(winners).toHaveLength(1);
    expect(await codes.claim(user_code, winners[0]!.uuid)).toMatchObject(CLIENT);
  });

  it('are approved by nobody else, whatever they know (accident 52)', async () => {
    const { id, device_code, user } = await claimed();
    expect(await codes.isOpen(id, somebody().uuid)).toBe(false);
    expect(await codes.approve(randomUUID(), { claimed: id, user: somebody(), scopes: ['openid'] })).toBe(false);
    expect(await codes.refuse(somebody().uuid, id)).toBe(0);
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
    expect(await codes.isOpen(id, user.uuid)).toBe(true);
  });

  it('expire, with nobody cleaning up (accident 15)', async () => {
    const { id, device_code, user_code, user } = await claimed();
    await source.query(`UPDATE consent.device_codes SET expires = now() WHERE id = $1`, [id]);
    expect(await codes.claim(user_code, user.uuid)).toBeUndefined();
    expect(await codes.isOpen(id, user.uuid)).toBe(false);
    expect(await codes.approve(randomUUID(), { claimed: id, user, scopes: [] })).toBe(false);
    expect(await poll(device_code)).toEqual({ error: 'expired_token' });
  });

  it('are approved once, and told alike, when the same answer comes twice', async () => {
    const { id, user } = await claimed();
    const approval = { claimed: id, user, scopes: ['openid'] };
    const work = randomUUID();
    const both = await Promise.all([codes.approve(work, approval), codes.approve(work, approval)]);
    expect([...both, await codes.approve(randomUUID(), approval)]).toEqual([true, true, false]);
  });
});

describe('a device that asks', () => {
  it('waits until it was let in, and is given one token then, of two polls at once too', async () => {
    const { id, device_code, user } = await claimed();
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
    await codes.approve(randomUUID(), { claimed: id, user, scopes: CLIENT.scopes });
    const answers = await Promise.all(Array.from({ length: 6 }, () => poll(device_code)));
    const [token, ...others] = answers.filter((answer) => 'access_token' in answer);
    expect(others).toEqual([]);
    expect(answers.filter((answer) => 'error' in answer)).toEqual(Array(5).fill({ error: 'invalid_grant' }));
    expect(token).toMatchObject({ ...CLIENT, user });
  });

  it('is told to slow down when it comes too early, and to wait longer from then on', async () => {
    const { device_code } = await codes.issue(CLIENT, 60);
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
    expect(await poll(device_code)).toEqual({ error: 'slow_down' });
    await wait(5);
    expect(await poll(device_code)).toEqual({ error: 'slow_down' });
    await wait(14);
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
  });

  it('gets nothing by a code of another client, or by one that is none', async () => {
    const { device_code } = await approved();
    expect(await poll(device_code, 'radio')).toEqual({ error: 'invalid_grant' });
    expect(await poll(`${device_code.slice(0, -1)}`)).toEqual({ error: 'invalid_grant' });
    expect(await poll(device_code)).toHaveProperty('access_token');
  });

  it('gets no more than was allowed (accident 9)', async () => {
    const { device_code } = await approved(['openid', 'profile']);
    expect(await poll(device_code)).toMatchObject({ scopes: ['openid'] });
  });

  it('is refused when whoever has claimed its code says no, to it or to all', async () => {
    const { id, device_code, user } = await claimed();
    expect(await codes.refuse(user.uuid, id)).toBe(1);
    expect(await poll(device_code)).toEqual({ error: 'access_denied' });
    const another = await claimed(user);
    expect(await codes.refuse(user.uuid)).toBe(1);
    expect(await poll(another.device_code)).toEqual({ error: 'access_denied' });
    expect(await codes.approve(randomUUID(), { claimed: another.id, user, scopes: [] })).toBe(false);
  });
});

describe('a token', () => {
  it('is kept as a hash, and found until it expires (accident 15)', async () => {
    const { device_code, user } = await approved();
    const redeemed = await poll(device_code);
    const { access_token = '' } = 'access_token' in redeemed ? redeemed : {};
    expect(await codes.findToken(access_token)).toEqual({ ...CLIENT, user });
    expect(await codes.findToken(access_token.slice(0, -1))).toBeUndefined();
    expect(JSON.stringify(await source.query('SELECT t::text FROM consent.access_tokens t'))).not.toContain(
      access_token,
    );
    await source.query('UPDATE consent.access_tokens SET expires = now()');
    expect(await codes.findToken(access_token)).toBeUndefined();
  });
});
