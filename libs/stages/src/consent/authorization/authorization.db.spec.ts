import { randomUUID } from 'node:crypto';
import type { AuthorizationRequest, SavedUser } from '@gatehouse/contracts';
import { openDataSource } from '@gatehouse/platform';
import { driveStage, stageRequestFixture } from '@gatehouse/stage-kit/testing';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../../../test/support/blocked-statements.js';
import { type FreshDatabase, migratedDatabase } from '../../../../../test/support/postgres.js';
import { CONSENT_SCHEMA } from '../migrations/index.js';
import { authorizationCodeContract } from './authorization-code.contract.js';
import { AuthorizationCodeStage } from './authorization-code.stage.js';
import { TypeormAuthorizationStore } from './typeorm-authorization-store.js';

let database: FreshDatabase;
let source: DataSource;
let store: TypeormAuthorizationStore;
beforeAll(async () => {
  database = await migratedDatabase();
  source = await openDataSource({ url: database.url, schema: CONSENT_SCHEMA, poolSize: 8 });
  store = new TypeormAuthorizationStore(source);
});
afterAll(async () => {
  await source?.destroy();
  await database?.drop();
});

const REQUEST: AuthorizationRequest = {
  ...{ client_id: 'shop', application: randomUUID(), issuer: 'https://id.example.org/application/o/shop/' },
  ...{ redirect_uri: 'https://shop.example.org/back?all&from=my%20id', state: 'a b&c', nonce: 'n' },
  ...{ scopes: ['openid', 'email'], code_challenge: 'c'.repeat(43), prompts: [], acr_values: [], code_lifetime_s: 60 },
};
const ALICE: SavedUser = {
  ...{ kind: 'saved', uuid: randomUUID(), pk: 1, username: 'alice', name: '', email: '' },
  ...{ is_active: true, epoch: 4, locale: '' },
};
const AUTHENTICATION = { auth_time: 1_700_000_000, acr: 'aal1', amr: ['pwd'], sid: 's' };
const authorization = (id: string) => ({ id, user: ALICE, authentication: AUTHENTICATION });
const exchange = (code: string, changes = {}) => ({
  ...{ code, clientId: 'shop', redirectUri: REQUEST.redirect_uri, codeChallenge: REQUEST.code_challenge },
  ...{ lifetimeS: 60, ...changes },
});

const push = async (request = REQUEST, limits = {}): Promise<string> =>
  (await store.push(request, { lifetimeS: 60, maxWaiting: 1000, ...limits }))!;

async function pushed(request = REQUEST): Promise<string> {
  const reference = await push(request);
  return (await store.find(reference, 'shop'))!.id;
}
const tokens = () => source.query<unknown[]>('SELECT FROM consent.access_tokens');
const issued = async (request = REQUEST) => (await store.issue('work', authorization(await pushed(request))))!.code;

describe('authorization requests', () => {
  it('are found only by reference and client, and are stored without plaintext references and codes', async () => {
    const reference = await push();
    const found = await store.find(reference, 'shop');
    expect(found).toMatchObject(REQUEST);
    expect(Math.abs(found!.created_at - Date.now() / 1000)).toBeLessThan(60);
    expect(await store.find(reference, 'other')).toBeUndefined();
    const { code } = (await store.issue('work', authorization(found!.id)))!;
    const stored = JSON.stringify(await source.query('SELECT r::text FROM consent.authorization_requests r'));
    expect([stored.includes(reference), stored.includes(code)]).toEqual([false, false]);
  });

  it('are not found after their lifetime, after a refusal, or once they have a code', async () => {
    const expired = await push(REQUEST, { lifetimeS: 0.001 });
    await source.query('SELECT pg_sleep(0.01)');
    expect(await store.find(expired, 'shop')).toBeUndefined();
    const refused = await pushed();
    expect(await store.refuse(refused)).toMatchObject({ redirect_uri: REQUEST.redirect_uri });
    expect([await store.refuse(refused), await store.isPending(refused)]).toEqual([undefined, false]);
    const used = await push();
    const { id } = (await store.find(used, 'shop'))!;
    await store.issue('work', authorization(id));
    expect([await store.find(used, 'shop'), await store.refuse(id)]).toEqual([undefined, undefined]);
  });

  it('never exceed the limit for one client, even if two services push them concurrently', async () => {
    const other = new TypeormAuthorizationStore(source);
    const request = { ...REQUEST, client_id: 'busy' };
    const limits = { lifetimeS: 60, maxWaiting: 5 };
    const pushes = Array.from({ length: 20 }, (_, index) => (index % 2 ? store : other).push(request, limits));
    const [waiting = '', ...others] = (await Promise.all(pushes)).filter((reference) => reference !== undefined);
    expect(others).toHaveLength(4);
    expect(await store.push({ ...request, client_id: 'idle' }, limits)).toBeDefined();
    await store.refuse((await store.find(waiting, 'busy'))!.id);
    expect([await store.push(request, limits), await store.push(request, limits)]).toEqual([
      expect.any(String),
      undefined,
    ]);
  });

  it('do not count towards the limit once they have a code or have expired', async () => {
    const request = { ...REQUEST, client_id: 'calm' };
    const limits = { lifetimeS: 60, maxWaiting: 1 };
    const { id } = (await store.find(await push(request, limits), 'calm'))!;
    expect(await store.push(request, limits)).toBeUndefined();
    await store.issue('work', authorization(id));
    expect(await store.push(request, { ...limits, lifetimeS: 0.001 })).toBeDefined();
    await source.query('SELECT pg_sleep(0.01)');
    expect(await store.push(request, limits)).toBeDefined();
  });

  it('get one code: a retry with the same work id replaces it, and another work id gets none', async () => {
    const id = await pushed();
    const first = await store.issue('work', authorization(id));
    const repeated = await store.issue('work', authorization(id));
    expect(await store.issue('other', authorization(id))).toBeUndefined();
    expect(await store.redeem(exchange(first!.code))).toBeUndefined();
    expect(await store.redeem(exchange(repeated!.code))).toMatchObject({ user: { uuid: ALICE.uuid, epoch: 4 } });
  });
});

describe('authorization codes', () => {
  it('are exchanged by only one of several concurrent requests', async () => {
    const code = await issued();
    const redeemed = await Promise.all(Array.from({ length: 6 }, () => store.redeem(exchange(code))));
    const [winner, ...others] = redeemed.filter((result) => result !== undefined);
    expect(others).toEqual([]);
    expect(winner).toMatchObject({ ...REQUEST, authentication: AUTHENTICATION });
  });

  it('lose their token even if a second exchange began before the first one was committed', async () => {
    const [code, before] = [await issued(), (await tokens()).length];
    const redeemed = await source.transaction(async (manager) => {
      await manager.query('SELECT FROM consent.authorization_requests FOR UPDATE');
      const exchanges = [1, 2].map(() => store.redeem(exchange(code)));
      await waitForBlockedStatements(source, 2);
      return exchanges;
    });
    expect((await Promise.all(redeemed)).filter((result) => result !== undefined)).toHaveLength(1);
    expect(await tokens()).toHaveLength(before);
  });

  it('lose their token when their client uses them again (RFC 6749 §4.1.2)', async () => {
    const [code, before] = [await issued(), (await tokens()).length];
    await store.redeem(exchange(code));
    expect(await store.redeem(exchange(code, { clientId: 'other' }))).toBeUndefined();
    expect(await tokens()).toHaveLength(before + 1);
    expect(await store.redeem(exchange(code))).toBeUndefined();
    expect(await tokens()).toHaveLength(before);
  });

  it.each([
    ['client', { clientId: 'other' }],
    ['redirect URI', { redirectUri: 'https://shop.example.org/back' }],
    ['code challenge', { codeChallenge: 'd'.repeat(43) }],
  ])('are refused with another %s, and stay valid for the right one', async (_, changes) => {
    const code = await issued();
    expect(await store.redeem(exchange(code, changes))).toBeUndefined();
    expect(await store.redeem(exchange(code))).toMatchObject({ access_token: expect.any(String) });
  });

  it('are refused after their lifetime', async () => {
    const code = await issued({ ...REQUEST, code_lifetime_s: 0 });
    expect(await store.redeem(exchange(code))).toBeUndefined();
  });
});

describe('the stage of authorization codes', () => {
  const drive = (
    request: string,
    { id = randomUUID() as string, asks = false, user = ALICE, consented = false, config = {} } = {},
  ) =>
    driveStage(authorizationCodeContract, new AuthorizationCodeStage(store), {
      config: { request, user: ALICE.uuid, authentication: AUTHENTICATION, asks, ...config },
      request: { id, session: { user }, step: { ...stageRequestFixture().step, consented } },
    });

  it('redirects to the client with code, state and issuer, and keeps the query of the redirect URI', async () => {
    const reply = await drive(await pushed()).show();
    const { redirect } = 'context' in reply ? (reply.context ?? {}) : {};
    const added = String(redirect).replace(`${REQUEST.redirect_uri}&`, '');
    const { code, ...rest } = Object.fromEntries(new URLSearchParams(added));
    expect(rest).toEqual({ state: REQUEST.state, iss: REQUEST.issuer });
    expect(await store.redeem(exchange(code!))).toMatchObject({ authentication: AUTHENTICATION });
    expect(reply).toMatchObject({
      effects: [{ action: 'authorize_application', context: { scopes: 'openid email' } }],
    });
  });

  it('redirects concurrent requests with the same code, which can be exchanged once', async () => {
    const [request, work] = [await pushed(), randomUUID()];
    const same = { config: { code: 'c'.repeat(43) } };
    // The last work id belongs to another plan of the session.
    const works = [work, work, randomUUID()];
    const replies = await Promise.all(works.map((id) => drive(request, { ...same, id }).show()));
    const codes = replies.map((reply) => {
      const { redirect } = 'context' in reply ? (reply.context ?? {}) : {};
      return new URL(String(redirect)).searchParams.get('code');
    });
    expect(new Set(codes)).toEqual(new Set(['c'.repeat(43)]));
    // A plan of the session that requires a consent gets no code without it.
    expect(await drive(request, { ...same, asks: true }).show()).toMatchObject({ type: 'denied' });
    expect(await store.redeem(exchange(codes[0]!))).toMatchObject({ authentication: AUTHENTICATION });
    for (const id of works) expect(await drive(request, { ...same, id }).show()).toMatchObject({ type: 'denied' });
    expect(await store.redeem(exchange(codes[0]!))).toBeUndefined();
  });

  it('records a sign-in only to a client that a logout must notify', async () => {
    const types = async (config: object) => {
      const reply = await drive(await pushed(), { config }).show();
      return 'effects' in reply ? reply.effects?.slice(1) : undefined;
    };
    expect(await types({ signs_in: 'shop' })).toEqual([{ type: 'sign_in', client: 'shop' }]);
    expect(await types({})).toEqual([]);
  });

  it('inserts a consent step if the client requires one, even after an earlier grant', async () => {
    const id = await pushed();
    expect(await drive(id, { asks: true }).show()).toMatchObject({
      type: 'passed',
      insert: { where: 'before', steps: [{ kind: 'consent', config: { mode: 'always_require' } }] },
    });
    expect(await drive(id, { asks: true, consented: true }).show()).toMatchObject({ context: {} });
  });

  it('issues another code without a second consent if the reply after the consent was lost', async () => {
    const [request, id] = [await pushed(), randomUUID()];
    await drive(request, { id, asks: true, consented: true }).show();
    expect(await drive(request, { id, asks: true }).show()).toMatchObject({
      ...{ type: 'passed', context: { redirect: expect.stringContaining('code=') } },
      effects: [{ action: 'authorize_application' }],
    });
    expect(await drive(request, { asks: true }).show()).toMatchObject({ type: 'denied' });
  });

  it('denies a user who did not start the flow, and an expired request', async () => {
    const id = await pushed();
    const bob = { ...ALICE, uuid: randomUUID() };
    expect(await drive(id, { user: bob }).show()).toMatchObject({ type: 'denied' });
    expect(await store.isPending(id)).toBe(true);
    await store.refuse(id);
    for (const asks of [false, true])
      expect(await drive(id, { asks }).show()).toMatchObject({ message: { code: 'authorization_code_over' } });
  });
});
