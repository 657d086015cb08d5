import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, flowEntries, IDENTIFICATION, keyOf, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { newSigningKeys, SiteVisitor, siteEntries } from '../support/forward-auth.js';
import {
  locationOf,
  OauthApplication,
  returnedBy,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';
import { recordedEvents } from '../support/recorded-events.js';

const PATH = '/outpost.goauthentik.io';
const WIKI = 'http://wiki.localhost';
const FACTOR = 'ak-stage-authenticator-validate';
const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
const RAISING = { designation: 'stage_configuration', authentication: 'require_authenticated' };
const CODES = { stage: 'authenticator_static.authenticatorstaticstage', attrs: { token_count: 40 } };
const BRAND = {
  ...{ model: 'authentik_brands.brand', identifiers: { domain: 'authentik-default' } },
  attrs: { default: true, flow_authentication: keyOf('login'), flow_step_up: keyOf('raise') },
};

let deployment: Deployment;
let shop: OauthApplication;
/** The recovery codes of alice. Bob has no device. */
let codes: string[];
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        ...['alice', 'bob'].map((name) => userEntry(name)),
        flowEntries('enrol', [IDENTIFICATION, CODES], { designation: 'stage_configuration' }),
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('raise', [LOGIN], RAISING),
        flowEntries('plain', [], AUTHORIZING),
        BRAND,
        siteEntries('wiki'),
        clientEntries('shop', { flow: 'plain', attrs: SHOP_CLIENT }),
      ),
    ],
    services: ['identification', 'password', 'session', 'mfa', 'consent', 'policy'],
    gateway: { TRUSTED_PROXIES: '127.0.0.1', JWT_SIGNING_KEYS: newSigningKeys() },
  });
  const browser = deployment.browser();
  const { body } = await browser.solve('enrol', { uid_field: 'alice' });
  codes = body['codes'] as string[];
  await browser.solve('enrol', {});
  shop = await OauthApplication.discover(deployment, {
    ...{ name: 'shop', secret: SHOP_SECRET, redirectUri: SHOP_REDIRECT_URI },
  });
}, 120_000);
afterAll(() => deployment?.close());

async function logIn(browser: Browser, name: string, query = '') {
  await browser.show('login', query);
  await browser.solve('login', { uid_field: name });
  return browser.solve('login', { password: 'correct-horse-7' });
}
async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser();
  await logIn(browser, name);
  return browser;
}
const queryOf = (address: string) => address.slice(address.indexOf('?') + 1);
/** Makes all proofs of all sessions ten minutes older. */
const age = () =>
  deployment.rows(`UPDATE flow.sessions SET data = data || jsonb_build_object(
      'login_at', (data->>'login_at')::timestamptz - interval '10 min',
      'methods_at', (SELECT jsonb_object_agg(key, value::float8 - 600) FROM jsonb_each_text(data->'methods_at')))
    WHERE user_id IS NOT NULL`);
const logins = async () => (await recordedEvents(deployment, 'login')).map(({ data }) => data.context);

describe('a login with requirements in its query', () => {
  it('requires a second factor for acr_values=aal2, even if its flow has no step for it', async () => {
    const alice = deployment.browser();
    expect((await logIn(alice, 'alice', 'acr_values=aal2')).body).toMatchObject({ component: FACTOR });
    expect((await alice.solve('login', { code: codes.pop() })).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await logins()).at(-1)).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'] });
  });

  it('never requires less than its flow', async () => {
    const alice = deployment.browser();
    const plain = (await logIn(alice, 'alice', 'acr_values=aal1&max_age=315360000&prompt=none')).body;
    expect(plain).toMatchObject({ component: 'xak-flow-redirect' });
    expect((await logins()).at(-1)).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    const raised = await loggedIn('alice');
    expect((await raised.show('login', 'max_age=315360000')).body).toMatchObject({
      component: 'ak-stage-identification',
    });
  });

  it('gets a new login time only by a proof', async () => {
    const alice = await loggedIn('alice');
    await age();
    const times = () =>
      deployment.rows(`SELECT data->'login_at' AS at, data->'methods_at' AS methods FROM flow.sessions
        WHERE user_id IS NOT NULL ORDER BY seen_at DESC LIMIT 1`);
    const before = await times();
    expect((await alice.show('raise', 'acr_values=aal1')).body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(await times()).toEqual(before);
    expect((await alice.show('raise', 'max_age=60')).body).toMatchObject({ component: FACTOR });
    expect(await times()).toEqual(before);
  });

  it.each([
    ['alice', 'acr_values=aal1'],
    ['bob', 'acr_values=aal2'],
    ['bob', 'max_age=315360000'],
  ])('changes nothing in the session of %s without a proof: %s', async (name, query) => {
    const visitor = await loggedIn(name);
    const [session] = await deployment.rows<{ id: string }>(`UPDATE flow.sessions SET ttl = NULL,
        expires_at = now() + interval '5 min', data = data || '{"kept": true}'
      WHERE id = (SELECT id FROM flow.sessions WHERE user_id IS NOT NULL ORDER BY seen_at DESC LIMIT 1) RETURNING id`);
    const state = async () => ({
      rows: await deployment.rows(`SELECT user_id, data, ttl, expires_at, cleanup_at, user_epoch,
          (SELECT sum(score) FROM flow.reputation) AS score, (SELECT count(*) FROM flow.login_places) AS places,
          (SELECT array_agg(hash) FROM flow.session_keys WHERE session_id = s.id) AS keys
        FROM flow.sessions s WHERE id = '${session!.id}'`),
      logins: (await logins()).length,
    });
    const before = await state();
    const { body, setCookies } = await visitor.show('raise', query);
    expect(body).toMatchObject({ component: 'xak-flow-redirect' });
    expect(setCookies).toEqual([]);
    expect(await state()).toEqual(before);
  });

  it('is described in users/me by acr, amr and auth_time, for clients that ask for all fields', async () => {
    const alice = await loggedIn('alice');
    const me = async (headers = {}) => (await alice.fetch('/api/v3/core/users/me/', { headers })).body['user'];
    expect(await me()).not.toHaveProperty('acr');
    expect(await me({ 'x-gatehouse-fields': 'complete' })).toMatchObject({
      ...{ acr: 'aal1', amr: ['pwd'], auth_time: expect.any(Number) },
    });
  });

  it('ignores invalid values of OAuth parameters', async () => {
    const visitor = deployment.browser();
    const query = 'max_age=soon&acr_values=urn:gold&prompt=consent';
    const { status, body } = await visitor.show('login', query);
    expect({ status, body }).toMatchObject({ status: 200, body: { component: 'ak-stage-identification' } });
    expect((await logIn(visitor, 'alice', query)).body).toMatchObject({ component: 'xak-flow-redirect' });
  });
});

describe('an application', () => {
  it('that requests aal2 gets it from a user who has proved one factor and must prove only the second', async () => {
    const alice = await loggedIn('alice');
    const first = (await shop.signIn(alice)).claims()!;
    expect(first).toMatchObject({ acr: 'aal1', amr: ['pwd'] });
    const request = await shop.push({ acr_values: 'urn:other aal2' });
    const toRaise = locationOf(await alice.fetch(request.path));
    expect(toRaise).toMatch(/^\/if\/flow\/raise\/\?/);
    expect((await alice.show('raise', queryOf(toRaise))).body).toMatchObject({ component: FACTOR });
    const { body } = await alice.solve('raise', { code: codes.pop() }, queryOf(toRaise));
    const tokens = await shop.exchange(locationOf(await alice.fetch(String(body['to']))), request);
    expect(tokens.claims()).toMatchObject({ acr: 'aal2', amr: ['pwd', 'otp', 'mfa'], sid: first['sid'] });
    expect((await shop.signIn(alice, { acr_values: 'aal2' })).claims()).toMatchObject({ acr: 'aal2' });
  });

  it('that requests aal2 and max_age does not get an older second factor', async () => {
    const alice = deployment.browser();
    await logIn(alice, 'alice', 'acr_values=aal2');
    await alice.solve('login', { code: codes.pop() });
    await age();
    await logIn(alice, 'alice');
    expect((await shop.signIn(alice, { acr_values: 'aal1', max_age: '60' })).claims()).toMatchObject({ amr: ['pwd'] });
    const request = await shop.push({ acr_values: 'aal2', max_age: '60' });
    const toRaise = locationOf(await alice.fetch(request.path));
    expect((await alice.show('raise', queryOf(toRaise))).body).toMatchObject({ component: FACTOR });
  });

  it('gets login_required with prompt=none, and unmet_authentication_requirements if the user has no second factor', async () => {
    const bob = await loggedIn('bob');
    const silent = await shop.push({ acr_values: 'aal2', prompt: 'none' });
    expect(returnedBy(await bob.fetch(silent.path))).toMatchObject({ error: 'login_required' });
    const toRaise = locationOf(await bob.fetch((await shop.push({ acr_values: 'aal2' })).path));
    const { body } = await bob.show('raise', queryOf(toRaise));
    expect(returnedBy(await bob.fetch(String(body['to'])))).toMatchObject({
      error: 'unmet_authentication_requirements',
    });
  });

  it('that requests phr gets unmet_authentication_requirements if the user has no phishing-resistant device', async () => {
    const alice = await loggedIn('alice');
    const toRaise = locationOf(await alice.fetch((await shop.push({ acr_values: 'phr' })).path));
    const { body } = await alice.show('raise', queryOf(toRaise));
    expect(returnedBy(await alice.fetch(String(body['to'])))).toMatchObject({
      error: 'unmet_authentication_requirements',
    });
  });
});

describe('a site behind forward auth', () => {
  async function visitor(name: string): Promise<SiteVisitor> {
    const visiting = new SiteVisitor(deployment.url, await loggedIn(name));
    await visiting.enter(`${WIKI}/`);
    return visiting;
  }
  /** Follows a refused check through the login host. Returns the address of the flow that requires a proof. */
  async function stepUp(alice: SiteVisitor, location: string): Promise<string> {
    const { headers } = await alice.visit(location);
    const { pathname, search } = new URL(headers.get('location')!);
    return locationOf(await alice.login.fetch(pathname + search));
  }

  it('accepts a login that is younger than max_age, and redirects an older one to a proof and back', async () => {
    const alice = await visitor('alice');
    const check = () => alice.check('traefik', `${WIKI}/pay`, { query: 'max_age=300' });
    expect((await check()).status).toBe(200);
    await age();
    await alice.login.fetch('/api/v3/core/users/me/');
    const stale = new SiteVisitor(deployment.url, alice.login);
    await stale.enter(`${WIKI}/`);
    const refused = await stale.check('traefik', `${WIKI}/pay`, { query: 'max_age=300' });
    expect(refused.status).toBe(302);
    expect(refused.headers.get('www-authenticate')).toBe(
      'Bearer error="insufficient_user_authentication", max_age="300"',
    );
    expect((await stale.check('traefik', `${WIKI}/pay`)).status).toBe(200);
    const toRaise = await stepUp(stale, refused.headers.get('location')!);
    expect(toRaise).toMatch(/^\/if\/flow\/raise\/\?/);
    await stale.login.show('raise', queryOf(toRaise));
    const { body } = await stale.login.solve('raise', { code: codes.pop() }, queryOf(toRaise));
    const callback = locationOf(await stale.login.fetch(String(body['to'])));
    expect((await stale.visit(callback)).headers.get('location')).toBe(`${WIKI}/pay`);
    expect((await stale.check('traefik', `${WIKI}/pay`, { query: 'max_age=300' })).status).toBe(200);
  });

  it('behind nginx requires a second factor by 401, and shows a page to a user who has none', async () => {
    const bob = await visitor('bob');
    const refused = await bob.check('nginx', `${WIKI}/`, { query: 'acr_values=aal2' });
    expect([refused.status, refused.headers.get('www-authenticate')]).toEqual([
      401,
      'Bearer error="insufficient_user_authentication", acr_values="aal2"',
    ]);
    const toRaise = await stepUp(bob, refused.headers.get('location')!);
    const { body } = await bob.login.show('raise', queryOf(toRaise));
    const page = await bob.login.fetch(String(body['to']));
    expect([page.status, page.text]).toEqual([403, expect.stringContaining('asks for a stronger login')]);
  });

  it.each(['max_age=59', 'max_age=x', 'acr_values=aal3', 'acr_values=', 'acr_values=aal2&acr_values=aal1'])(
    'returns 400 for the invalid requirement %s',
    async (query) => {
      const alice = await visitor('alice');
      expect((await alice.check('caddy', `${WIKI}/`, { query })).status).toBe(400);
    },
  );

  it('redirects to a new login, once, if its start is opened with prompt=login', async () => {
    const alice = await visitor('alice');
    const login = await stepUp(alice, `${WIKI}${PATH}/start?prompt=login&rd=${encodeURIComponent(`${WIKI}/a`)}`);
    expect(login).toMatch(/^\/flows\/-\/default\/authentication\/\?.*&prompt=login$/);
    const { body } = await logIn(alice.login, 'alice', queryOf(login));
    const callback = locationOf(await alice.login.fetch(String(body['to'])));
    expect((await alice.visit(callback)).headers.get('location')).toBe(`${WIKI}/a`);
  });
});
