import { createHash } from 'node:crypto';
import { PlanStoreHarness } from '@gatehouse/executor-postgres/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { SignedInApplicationRepository } from './signed-in-application.repository.js';

const CONFIG = { API_VERSION: '2026.8', BASE_URL: 'https://id.example.org', SESSION_APPLICATIONS: 2 } as const;

let store: PlanStoreHarness;
beforeAll(async () => {
  store = await PlanStoreHarness.open();
});
afterAll(() => store?.close());
beforeEach(async () => {
  await store.nextFlow();
  await store.source.query('TRUNCATE flow.oauth_clients');
});

/** Publishes a client whose address for logouts is `uri`; without `uri`, a client without such an address. */
const publish = (name: string, uri?: string) =>
  store.source.query('INSERT INTO flow.oauth_clients VALUES ($1, $2, $3)', [
    ...[`${name} id`, name],
    { application: { name: `The ${name}` }, ...(uri !== undefined && { frontchannel_logout_uri: uri }) },
  ]);

/** Signs a new session in to clients, one after the other. Returns the id of the session. */
async function signedIn(...names: string[]): Promise<string> {
  const begun = await store.begin();
  for (const [revision, name] of names.entries())
    await store.save(begun, { revision, effects: [{ type: 'sign_in', client: `${name} id` }] });
  return begun.sessionId;
}

const list = (sessionId: string, changes: Partial<Record<keyof typeof CONFIG, unknown>> = {}) =>
  new SignedInApplicationRepository(store.source, { ...CONFIG, ...changes } as typeof CONFIG).list(sessionId);

const sidOf = (name: string, session: string) =>
  createHash('sha256').update(`${name} id\0${session}`).digest('base64url');

it('the logout addresses of a session are listed with issuer and sid of the ID token, the last sign-in first', async () => {
  await publish('shop', 'https://shop.example/bye?all&tenant=a%20b');
  await publish('wiki', 'https://wiki.example/');
  const [session, other] = [await signedIn('shop', 'wiki'), await signedIn()];
  const issuer = (name: string) => encodeURIComponent(`https://id.example.org/application/o/${name}/`);
  expect(await list(session)).toEqual([
    {
      ...{ client_id: 'wiki id', name: 'The wiki' },
      url: `https://wiki.example/?iss=${issuer('wiki')}&sid=${sidOf('wiki', session)}`,
    },
    {
      ...{ client_id: 'shop id', name: 'The shop' },
      url: `https://shop.example/bye?all&tenant=a%20b&iss=${issuer('shop')}&sid=${sidOf('shop', session)}`,
    },
  ]);
  expect(await list(other)).toEqual([]);
});

it('no client is listed that was removed or has no logout address any more, and at most SESSION_APPLICATIONS are', async () => {
  for (const name of ['a', 'b', 'c']) await publish(name, `https://${name}.example/`);
  await publish('without');
  const session = await signedIn('a', 'b', 'c', 'without', 'gone');
  expect((await list(session)).map(({ name }) => name)).toEqual(['The c', 'The b']);
});

it('no application is listed under 2024.8, which notifies no application of a logout', async () => {
  await publish('shop', 'https://shop.example/');
  expect(await list(await signedIn('shop'), { API_VERSION: '2024.8' })).toEqual([]);
});
