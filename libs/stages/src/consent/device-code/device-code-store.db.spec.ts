import { randomUUID } from 'node:crypto';
import { openDataSource } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FreshDatabase, migratedDatabase } from '../../../../../test/support/postgres.js';
import { CONSENT_SCHEMA } from '../migrations/index.js';
import { TypeormDeviceCodeStore } from './typeorm-device-code-store.js';

let database: FreshDatabase;
let source: DataSource;
let codes: TypeormDeviceCodeStore;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: CONSENT_SCHEMA, poolSize: 8 });
  codes = new TypeormDeviceCodeStore(source);
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

const CLIENT = { client_id: 'tv', application: randomUUID(), scopes: ['openid', 'email'] };
const newUser = () => ({ uuid: randomUUID(), epoch: 3 });
const poll = (deviceCode: string, clientId = 'tv') => codes.redeem({ deviceCode, clientId, lifetimeS: 60 });
const letTimePass = (seconds: number) =>
  source.query(`UPDATE consent.device_codes SET next_poll_at = next_poll_at - interval '${seconds} s'`);

async function claimCode(user = newUser()) {
  const issued = await codes.issue(CLIENT, 60);
  const claim = await codes.claim(issued.user_code, user.uuid);
  return { ...issued, user, id: claim!.id };
}
async function approveCode(scopes = CLIENT.scopes) {
  const code = await claimCode();
  await codes.approve(randomUUID(), { claimed: code.id, user: code.user, scopes });
  return code;
}

describe('device codes', () => {
  it('have a user code of nine digits and a device code of 128 characters, both stored as hashes', async () => {
    const { device_code, user_code, interval } = await codes.issue(CLIENT, 60);
    expect(user_code).toMatch(/^\d{9}$/);
    expect(device_code).toMatch(/^[\w-]{128}$/);
    expect(interval).toBe(5);
    const stored = JSON.stringify(await source.query('SELECT d.*, d::text AS text FROM consent.device_codes d'));
    expect(stored).not.toContain(user_code);
    expect(stored).not.toContain(device_code);
  });

  it('are claimed by the first user who enters them, and by only one of concurrent users (accident 52)', async () => {
    const { user_code } = await codes.issue(CLIENT, 60);
    const users = Array.from({ length: 6 }, newUser);
    const claims = await Promise.all(users.map(({ uuid }) => codes.claim(user_code, uuid)));
    const winners = users.filter((_, i) => claims[i]);
    expect(winners).toHaveLength(1);
    expect(await codes.claim(user_code, winners[0]!.uuid)).toMatchObject(CLIENT);
  });

  it('are approved only by the user who has claimed them (accident 52)', async () => {
    const { id, device_code, user } = await claimCode();
    expect(await codes.isOpen(id, newUser().uuid)).toBe(false);
    expect(await codes.approve(randomUUID(), { claimed: id, user: newUser(), scopes: ['openid'] })).toBe(false);
    expect(await codes.refuse(newUser().uuid, id)).toBe(0);
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
    expect(await codes.isOpen(id, user.uuid)).toBe(true);
  });

  it('cannot be used after they have expired, even before they are deleted (accident 15)', async () => {
    const { id, device_code, user_code, user } = await claimCode();
    await source.query(`UPDATE consent.device_codes SET expires = now() WHERE id = $1`, [id]);
    expect(await codes.claim(user_code, user.uuid)).toBeUndefined();
    expect(await codes.isOpen(id, user.uuid)).toBe(false);
    expect(await codes.approve(randomUUID(), { claimed: id, user, scopes: [] })).toBe(false);
    expect(await poll(device_code)).toEqual({ error: 'expired_token' });
  });

  it('are approved once, with the same result for a repeated request', async () => {
    const { id, user } = await claimCode();
    const approval = { claimed: id, user, scopes: ['openid'] };
    const work = randomUUID();
    const both = await Promise.all([codes.approve(work, approval), codes.approve(work, approval)]);
    const late = randomUUID();
    expect([...both, await codes.approve(late, approval)]).toEqual([true, true, false]);
    expect([await codes.isApproved(work), await codes.isApproved(late)]).toEqual([true, false]);
  });
});

describe('a poll of a device', () => {
  it('gets one token after the approval, even if several polls are concurrent', async () => {
    const { id, device_code, user } = await claimCode();
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
    await codes.approve(randomUUID(), { claimed: id, user, scopes: CLIENT.scopes });
    const answers = await Promise.all(Array.from({ length: 6 }, () => poll(device_code)));
    const [token, ...others] = answers.filter((answer) => 'access_token' in answer);
    expect(others).toEqual([]);
    expect(answers.filter((answer) => 'error' in answer)).toEqual(Array(5).fill({ error: 'invalid_grant' }));
    expect(token).toMatchObject({ ...CLIENT, user });
  });

  it('returns slow_down if it is too early, which extends the interval', async () => {
    const { device_code } = await codes.issue(CLIENT, 60);
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
    expect(await poll(device_code)).toEqual({ error: 'slow_down' });
    await letTimePass(5);
    expect(await poll(device_code)).toEqual({ error: 'slow_down' });
    await letTimePass(14);
    expect(await poll(device_code)).toEqual({ error: 'authorization_pending' });
  });

  it('returns invalid_grant for the code of another client, and for an unknown code', async () => {
    const { device_code } = await approveCode();
    expect(await poll(device_code, 'radio')).toEqual({ error: 'invalid_grant' });
    expect(await poll(`${device_code.slice(0, -1)}`)).toEqual({ error: 'invalid_grant' });
    expect(await poll(device_code)).toHaveProperty('access_token');
  });

  it('gets a token with no more scopes than the user has approved (accident 9)', async () => {
    const { device_code } = await approveCode(['openid', 'profile']);
    expect(await poll(device_code)).toMatchObject({ scopes: ['openid'] });
  });

  it('returns access_denied after the user has refused this code or all codes', async () => {
    const { id, device_code, user } = await claimCode();
    expect(await codes.refuse(user.uuid, id)).toBe(1);
    expect(await poll(device_code)).toEqual({ error: 'access_denied' });
    const another = await claimCode(user);
    expect(await codes.refuse(user.uuid)).toBe(1);
    expect(await poll(another.device_code)).toEqual({ error: 'access_denied' });
    expect(await codes.approve(randomUUID(), { claimed: another.id, user, scopes: [] })).toBe(false);
  });
});

describe('an access token', () => {
  it('is stored as a hash, and found until it expires (accident 15)', async () => {
    const { device_code, user } = await approveCode();
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
