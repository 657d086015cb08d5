import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { blueprint, DUMMY, flowEntries, IDENTIFICATION, LOGIN, PASSWORD, userEntry } from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { newSigningKeys, SiteVisitor, siteEntries } from '../support/forward-auth.js';
import {
  locationOf,
  OauthApplication,
  SHOP_CLIENT,
  SHOP_REDIRECT_URI,
  SHOP_SECRET,
} from '../support/oauth-application.js';
import { clientEntries } from '../support/oauth-device.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';

const AUTHORIZING = { designation: 'authorization', authentication: 'require_authenticated' };
/** Policies that read the application of a plan. */
const OF_THE_SHOP =
  'return request.context["application"].slug == "shop" if "application" in request.context else False';
const NOT_CLOSED = `application = request.context.get("application")
if application is None or application.slug != "closed":
    return True
ak_message("The closed is closed today.")
return False`;
const NAMES = [
  ['shop', 'The shop'],
  ['closed', 'The closed'],
] as const;

let deployment: Deployment;
let applications: Record<(typeof NAMES)[number][0], OauthApplication>;
beforeAll(async () => {
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        expressionEntry('of the shop', OF_THE_SHOP),
        expressionEntry('not closed', NOT_CLOSED),
        flowEntries('login', [IDENTIFICATION, DUMMY, PASSWORD, LOGIN], { title: 'Log in to %(app)s' }),
        boundEntry('login', 'not closed'),
        boundEntry('login-1 bound', 'of the shop'),
        flowEntries('plain', [], AUTHORIZING),
        ...NAMES.map(([name]) => clientEntries(name, { flow: 'plain', attrs: SHOP_CLIENT })),
        siteEntries('wiki'),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent', 'policy'],
    gateway: { TRUSTED_PROXIES: '127.0.0.1', JWT_SIGNING_KEYS: newSigningKeys(), UNANSWERED_SESSION_S: '120' },
  });
  const discover = (name: string) =>
    OauthApplication.discover(deployment, { name, secret: SHOP_SECRET, redirectUri: SHOP_REDIRECT_URI });
  applications = { shop: await discover('shop'), closed: await discover('closed') };
});
afterAll(() => deployment?.close());

/** Opens an address that redirects to the login. Returns the query of the login page. */
async function openLogin(browser: Browser, path: string): Promise<string> {
  const [page, query = ''] = locationOf(await browser.fetch(path)).split('?');
  expect(page).toBe('/if/flow/login/');
  return query;
}
const authorizationOf = async (name: keyof typeof applications) => (await applications[name].push()).path;
/** Returns the name of the application and the title of the flow, as the login shows them. */
async function shownTo(browser: Browser, query = '') {
  const { body } = await browser.show('login', query);
  return [body['application_pre'], (body['flow_info'] as { title: string }).title];
}

describe('the login to which an application redirects an anonymous visitor', () => {
  it('shows the name of the application, lets policies read the application, and redirects back to it', async () => {
    const visitor = deployment.browser();
    const query = await openLogin(visitor, await authorizationOf('shop'));
    expect(await shownTo(visitor, query)).toEqual(['The shop', 'Log in to The shop']);
    expect((await visitor.solve('login', { uid_field: 'alice' }, query)).body['component']).toBe('ak-stage-dummy');
    await visitor.solve('login', {}, query);
    const { body } = await visitor.solve('login', { password: 'correct-horse-7' }, query);
    expect(locationOf(await visitor.fetch(String(body['to'])))).toMatch(/^https:\/\/shop\.example\.org\/back\?code=/);
  });

  it('links to the application under 2026.8, unless its launch URL is blank or contains a placeholder', async () => {
    const newer = await deployment.openAnotherGateway({ API_VERSION: '2026.8' });
    const linkOf = async (gateway: string) => {
      const visitor = deployment.browser().at(gateway);
      const query = await openLogin(visitor, await authorizationOf('shop'));
      return (await visitor.show('login', query)).body['application_pre_launch'];
    };
    expect([await linkOf(deployment.url), await linkOf(newer)]).toEqual([undefined, 'https://shop.example.org/']);
    for (const [url, link] of [
      ['https://start.example.org/a', 'https://start.example.org/a'],
      ['https://start.example.org/%(username)s', undefined],
      ['blank://blank', undefined],
    ]) {
      const application = { model: 'authentik_core.application', identifiers: { slug: 'shop' } };
      await deployment.apply(blueprint({ ...application, attrs: { name: 'The shop', meta_launch_url: url } }));
      expect(await linkOf(newer)).toBe(link);
    }
  });

  it('shows the name of a site behind forward auth in the same way', async () => {
    const guest = new SiteVisitor(deployment.url);
    const query = await openLogin(guest.login, await guest.start('http://wiki.localhost/'));
    expect(await shownTo(guest.login, query)).toEqual(['The wiki', 'Log in to The wiki']);
    const { body } = await guest.login.solve('login', { uid_field: 'alice' }, query);
    expect(body['component']).toBe('ak-stage-password');
  });

  it('continues after a reload, restarts for another application, and keeps the application after “Not you?”', async () => {
    const visitor = deployment.browser();
    const path = await authorizationOf('shop');
    await visitor.solve('login', { uid_field: 'alice' }, await openLogin(visitor, path));
    await openLogin(visitor, await authorizationOf('shop'));
    expect((await visitor.show('login')).body['component']).toBe('ak-stage-dummy');
    const session = visitor.cookie();

    const again = locationOf(await visitor.fetch('/flows/-/cancel/'));
    expect(again).toContain('next=%2Fapplication%2Fo%2Fauthorize%2F');
    expect(await shownTo(visitor, again.split('?')[1])).toEqual(['The shop', 'Log in to The shop']);

    const guest = new SiteVisitor(deployment.url, visitor);
    await openLogin(visitor, await guest.start('http://wiki.localhost/'));
    expect(await shownTo(visitor)).toEqual(['The wiki', 'Log in to The wiki']);
    expect(visitor.cookie()).toBe(session);
  });

  it('is replaced by the message of a policy that refuses the application, and no session starts', async () => {
    const visitor = deployment.browser();
    const refused = await visitor.fetch(await authorizationOf('closed'), { headers: { accept: 'text/html' } });
    expect(refused.status).toBe(400);
    expect(refused.text).toContain('The closed is closed today.');
    expect(visitor.cookie()).toBeUndefined();
  });

  it('shows no application that only the query of the login page names', async () => {
    const next = await authorizationOf('shop');
    const query = new URLSearchParams({ next, application: 'shop', client_id: 'shop' }).toString();
    expect(await shownTo(deployment.browser(), query)).toEqual([undefined, 'Log in to']);
  });

  it('starts in a session that expires after UNANSWERED_SESSION_S if nothing is answered', async () => {
    await deployment.rows('DELETE FROM flow.sessions');
    await openLogin(deployment.browser(), await authorizationOf('shop'));
    expect(
      await deployment.rows(`SELECT extract(epoch FROM s.ttl)::int AS session, p.expires_at <= now() + '120 s' AS plan
        FROM flow.sessions s JOIN flow.plans p ON p.session_id = s.id`),
    ).toEqual([{ session: 120, plan: true }]);
  });
});
