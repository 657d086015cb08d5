import { randomBytes, randomUUID } from 'node:crypto';
import type { AuthorizationRequest } from '@gatehouse/contracts';
import { enrol, flowDatabase, REQUEST_FACTS } from '@gatehouse/executor-postgres/testing';
import { Sealer } from '@gatehouse/platform';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { TypeormAuthorizationStore } from '../../../../libs/stages/src/consent/authorization/typeorm-authorization-store.js';
import { ConsentGrantRepository } from '../../../../libs/stages/src/consent/consent-grant.repository.js';
import { TypeormDeviceCodeStore } from '../../../../libs/stages/src/consent/device-code/typeorm-device-code-store.js';
import { waitForBlockedStatements } from '../../../../test/support/blocked-statements.js';
import { ConsentRepository } from './consent.repository.js';

const APPLICATION = { uuid: randomUUID(), slug: 'shop', name: 'The Shop' };
const CLIENT = { client_id: 'shop', application: APPLICATION.uuid, scopes: ['openid'] };
const REQUEST: AuthorizationRequest = {
  ...{
    ...CLIENT,
    issuer: 'https://id.example.org/',
    redirect_uri: 'https://shop.example.org/',
    prompts: [],
    acr_values: [],
  },
  ...{ code_challenge: 'c'.repeat(43), code_lifetime_s: 60 },
};
/**
 * Advisory lock that each insert of an access token waits for. An exchange that waits for this lock has already deleted
 * its code.
 */
const INSERT_LOCK = 'pg_advisory_xact_lock(1)';
const AUTHENTICATION = { auth_time: 1_700_000_000, acr: 'aal1', amr: ['pwd'], sid: 's' };

let source: DataSource;
let close: () => Promise<void>;
let consents: ConsentRepository;
let user: Awaited<ReturnType<typeof enrol>>;
beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  await source.query(`CREATE FUNCTION consent.wait_for_lock() RETURNS trigger LANGUAGE plpgsql AS
    'BEGIN PERFORM ${INSERT_LOCK}; RETURN NEW; END'`);
  await source.query(
    'CREATE TRIGGER waits BEFORE INSERT ON consent.access_tokens FOR EACH ROW EXECUTE FUNCTION consent.wait_for_lock()',
  );
  consents = new ConsentRepository(source, new Sealer(`a:${randomBytes(32).toString('base64')}`));
});
afterAll(() => close?.());
beforeEach(async () => {
  await source.query('TRUNCATE consent.access_tokens, consent.grants, flow.outbox');
  user = await enrol(source);
  const addition = { permissions: ['openid'], lifetime_s: null };
  await new ConsentGrantRepository(source, 10).add(
    randomUUID(),
    { user: user.uuid, application: APPLICATION },
    addition,
  );
});

/** Issues an authorization code to the user. Returns a function that exchanges the code for a token. */
async function codeExchange() {
  const store = new TypeormAuthorizationStore(source);
  const reference = await store.push(REQUEST, { lifetimeS: 60, maxWaiting: 10 });
  const { id } = (await store.find(reference!, 'shop'))!;
  const { code } = (await store.issue(id, { id, user, authentication: AUTHENTICATION }))!;
  const { redirect_uri: redirectUri, code_challenge: codeChallenge } = REQUEST;
  return () => store.redeem({ code, clientId: 'shop', redirectUri, codeChallenge, lifetimeS: 60 });
}

/** Issues a device code and approves it as the user. Returns a function that exchanges the code for a token. */
async function deviceExchange() {
  const store = new TypeormDeviceCodeStore(source);
  const { device_code: deviceCode, user_code } = await store.issue(CLIENT, 60);
  const { id } = (await store.claim(user_code, user.uuid))!;
  await store.approve(randomUUID(), { claimed: id, user, scopes: CLIENT.scopes });
  return () => store.redeem({ deviceCode, clientId: 'shop', lifetimeS: 60 });
}

const count = async (table: string) => {
  const [row] = await source.query<[{ count: number }]>(`SELECT count(*)::int FROM ${table}`);
  return row.count;
};

describe('the revocation of a consent', () => {
  it.each([
    ['an authorization code', codeExchange],
    ['a device code', deviceExchange],
  ])('deletes the token that an exchange of %s issues at the same time', async (_kind, prepare) => {
    const exchange = await prepare();
    const [consent] = await consents.list(user.uuid, { offset: 0, limit: 1 });
    const [exchanged, revoked] = await source.transaction(async (manager) => {
      await manager.query(`SELECT ${INSERT_LOCK}`);
      const exchanging = exchange();
      await waitForBlockedStatements(source, 1);
      const revoking = consents.remove(consent!, REQUEST_FACTS);
      await waitForBlockedStatements(source, 2);
      return [exchanging, revoking] as const;
    });
    expect(await exchanged).toHaveProperty('access_token');
    expect(await revoked).toBe(true);
    expect([await count('consent.access_tokens'), await count('consent.grants')]).toEqual([0, 0]);
    expect(await count('flow.outbox')).toBe(1);
    expect(await consents.remove(consent!, REQUEST_FACTS)).toBe(false);
  });
});
