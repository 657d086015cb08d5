import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { loggedLine } from '../support/logged-line.js';
import { writeMmdb } from '../support/mmdb.js';

const [HOME, SAME_NETWORK, SAME_COUNTRY, OTHER_COUNTRY, UNLOCATED] = [
  ...['198.51.100.1', '198.51.100.2', '198.51.100.200', '203.0.113.1', '192.0.2.1'],
] as const;
let folder: string;
let deployment: Deployment;

const loginFlow = (slug: string, attrs: Readonly<Record<string, string>>) =>
  flowEntries(slug, [IDENTIFICATION, PASSWORD, { ...LOGIN, attrs }]);

/** The gateway trusts the tests as a proxy, so that the tests can send from any address. */
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'gatehouse-places-'));
  const [asn, city] = [join(folder, 'asn.mmdb'), join(folder, 'city.mmdb')];
  await writeMmdb(asn, 'GeoLite2-ASN', {
    '198.51.100.0/25': { autonomous_system_number: 64_500 },
    '198.51.100.128/25': { autonomous_system_number: 64_500 },
    '203.0.113.0/24': { autonomous_system_number: 64_501 },
  });
  await writeMmdb(city, 'GeoLite2-City', {
    '198.51.100.0/24': { continent: { code: 'EU' }, country: { iso_code: 'DE' } },
    '203.0.113.0/24': { continent: { code: 'EU' }, country: { iso_code: 'FR' } },
  });
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        loginFlow('free', {}),
        loginFlow('network', { network_binding: 'bind_asn_network' }),
        loginFlow('country', { geoip_binding: 'bind_continent_country' }),
        flowEntries('private', [DUMMY], {
          authentication: 'require_authenticated',
          designation: 'stage_configuration',
        }),
      ),
    ],
    // A response does not wait until the client's new address is saved in the session. With a pool of one connection, the
    // next request waits for the statement that saves it, and a test can read the address.
    gateway: { TRUSTED_PROXIES: '127.0.0.1', GEOIP_ASN_DATABASE: asn, GEOIP_CITY_DATABASE: city, DATABASE_POOL: '1' },
  });
});
afterAll(async () => {
  await deployment.close();
  await rm(folder, { recursive: true });
});

const ME = '/api/v3/core/users/me/';
const executor = (slug: string, query = '') => `/api/v3/flows/executor/${slug}/?query=${encodeURIComponent(query)}`;
const get = (browser: Browser, ip: string, path: string) => browser.fetch(path, { headers: { 'x-forwarded-for': ip } });

async function logIn(slug: string, ip: string = HOME) {
  const browser = deployment.browser();
  for (const body of [{ uid_field: 'alice' }, { password: 'correct-horse-7' }]) {
    await browser.fetch(executor(slug), {
      ...{ method: 'POST', body: JSON.stringify(body) },
      headers: { 'content-type': 'application/json', 'x-forwarded-for': ip },
    });
  }
  return browser;
}

it.each([
  ['free', UNLOCATED],
  ['network', SAME_NETWORK],
  ['country', SAME_COUNTRY],
])('a session bound by the flow %s stays valid at %s, and is listed with the new address', async (slug, ip) => {
  const browser = await logIn(slug);

  expect((await get(browser, ip, ME)).status).toBe(200);
  expect((await get(browser, ip, executor('private'))).body).toMatchObject({ component: 'ak-stage-dummy' });
  const { body } = await get(browser, ip, '/api/v3/core/authenticated_sessions/');
  expect(body['results']).toContainEqual(expect.objectContaining({ current: true, last_ip: ip }));
});

it.each([
  ['network', SAME_COUNTRY],
  ['network', OTHER_COUNTRY],
  ['network', UNLOCATED],
  ['country', OTHER_COUNTRY],
  ['country', UNLOCATED],
])('a session bound by the flow %s ends for good at a request from %s', async (slug, ip) => {
  const browser = await logIn(slug);
  const logoutEvents = () => deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.logout'`);
  const before = await logoutEvents();

  expect(await get(browser, ip, ME)).toMatchObject({ status: 403, body: { code: 'not_authenticated' } });
  expect((await get(browser, HOME, ME)).status).toBe(403);
  expect(await logoutEvents()).toHaveLength(before.length + 1);
});

it('a session that ends because of its binding is logged with the user, the address, the request and the broken rule', async () => {
  const browser = await logIn('country');
  const [alice] = await deployment.rows<{ id: string }>(`SELECT id FROM directory.users WHERE username = 'alice'`);
  const requestId = (await get(browser, OTHER_COUNTRY, ME)).headers.get('x-authentik-id');

  expect(await loggedLine(deployment, 'session_binding_broken', requestId)).toMatchObject({
    ...{ level: 'security', msg: 'a session was used outside its binding and was ended' },
    ...{ client_ip: OTHER_COUNTRY, user: alice!.id, reason: 'geoip.country' },
  });
});

it('a request to the executor from an address outside the binding is redirected to the login, with the flow as next', async () => {
  const browser = await logIn('network');
  const { status, body } = await get(browser, OTHER_COUNTRY, executor('private', 'next=/app/'));

  expect({ status, body }).toEqual({
    status: 200,
    body: {
      component: 'xak-flow-redirect',
      to: '/flows/-/default/authentication/?next=%2Fif%2Fflow%2Fprivate%2F%3Fnext%3D%252Fapp%252F',
    },
  });
  expect((await get(browser, HOME, ME)).status).toBe(403);
});

it('a request for a page from an address outside the binding is redirected to the login', async () => {
  const browser = await logIn('network');
  const { status, headers } = await get(browser, OTHER_COUNTRY, '/if/flow/private/');

  expect(status).toBe(303);
  expect(headers.get('location')).toMatch(/^\/flows\/-\/default\/authentication\/\?next=/);
  expect((await get(await logIn('network'), OTHER_COUNTRY, '/')).headers.get('location')).toMatch(/authentication/);
});

it('an anonymous session is not bound to an address', async () => {
  const browser = deployment.browser();
  await get(browser, HOME, executor('network'));

  expect((await get(browser, OTHER_COUNTRY, executor('network'))).body).toMatchObject({
    component: 'ak-stage-identification',
  });
});
