import type { UserConsent } from '@goauthentik/api';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  flowEntries,
  groupEntry,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  userEntry,
} from '../support/blueprints.js';
import type { Browser } from '../support/browser.js';
import { Deployment } from '../support/deployment.js';
import { officialClient } from '../support/official-client.js';

const APPLICATION = { uuid: '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11', pk: 1, slug: 'shop', name: 'The Shop' };

/** Returns a policy that adds an application and its requested permissions to the plan, like OAuth does. */
const permissionPolicy = (...permissions: string[]) => ({
  model: 'authentik_policies_expression.expressionpolicy',
  id: `asks ${permissions.join('-')}`,
  identifiers: { name: `asks ${permissions.join('-')}` },
  attrs: {
    expression: `context["flow_plan"].context.update(application=${JSON.stringify(APPLICATION)}, consent_permissions=${JSON.stringify(permissions.map((id) => ({ id, name: `may ${id}` })))})\nreturn True`,
  },
});
const consentFlow = (slug: string, ...permissions: string[]) => [
  ...flowEntries(slug, [{ stage: 'consent.consentstage' }], {
    designation: 'authorization',
    authentication: 'require_authenticated',
  }),
  permissionPolicy(...permissions),
  {
    model: 'authentik_policies.policybinding',
    identifiers: { target: keyOf(`${slug}-0 bound`), policy: keyOf(`asks ${permissions.join('-')}`), order: 0 },
  },
];

let deployment: Deployment;
beforeAll(async () => {
  deployment = await Deployment.open({
    pgbouncer: true,
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('bob'),
        userEntry('root'),
        { ...groupEntry('admins'), attrs: { is_superuser: true, users: [keyOf('user root')] } },
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        consentFlow('little', 'read'),
        consentFlow('more', 'read', 'write'),
      ),
    ],
    services: ['identification', 'password', 'session', 'consent', 'policy'],
  });
});
afterAll(() => deployment?.close());

async function loggedIn(name: string): Promise<Browser> {
  const browser = deployment.browser();
  await browser.show('login');
  await browser.solve('login', { uid_field: name });
  await browser.solve('login', { password: 'correct-horse-7' });
  return browser;
}
async function consent(browser: Browser, slug: string) {
  const { body } = await browser.show(slug);
  return (await browser.solve(slug, { token: body['token'] })).body;
}
const DONE = { component: 'xak-flow-redirect' };
const listed = async (browser: Browser) => {
  const { body } = await browser.fetch('/api/v3/core/user_consent/');
  return body['results'] as { pk: number }[];
};

describe('the consent of a user to an application', () => {
  it('is requested once, and again only for more permissions, and opening the page grants nothing (accident 9)', async () => {
    const alice = await loggedIn('alice');
    expect(await consent(alice, 'little')).toMatchObject(DONE);
    expect((await alice.show('little')).body).toMatchObject(DONE);
    for (const _ of [1, 2]) {
      expect((await alice.show('more')).body).toMatchObject({
        component: 'ak-stage-consent',
        pending_user: 'alice',
        permissions: [{ id: 'read', name: 'may read' }],
        additional_permissions: [{ id: 'write', name: 'may write' }],
      });
    }
  });

  it('is listed for its user, and not for another user', async () => {
    const [alice, bob] = [await loggedIn('alice'), await loggedIn('bob')];
    await consent(alice, 'more');
    const [grant, ...others] = await listed(alice);
    expect(others).toEqual([]);
    expect(grant).toMatchObject({
      application: { name: 'The Shop', slug: 'shop' },
      user: { username: 'alice' },
      permissions: 'read write',
      expiring: true,
    });
    const { results } = await officialClient(alice).core.coreUserConsentList({});
    expect(results).toMatchObject([
      {
        user: { username: 'alice', isSuperuser: false, groupsObj: null, avatar: expect.any(String) },
        application: { slug: 'shop', backchannelProvidersObj: [], launchUrl: null },
      },
    ]);
    const { user: me } = await officialClient(alice).core.coreUsersMeRetrieve();
    expect(results[0]!.user).toMatchObject({ pk: me.pk, uid: me.uid, avatar: me.avatar });
    expect(await listed(bob)).toEqual([]);
    expect((await bob.fetch(`/api/v3/core/user_consent/${grant!.pk}/`)).status).toBe(404);
    expect((await bob.fetch(`/api/v3/core/user_consent/${grant!.pk}/`, { method: 'DELETE' })).status).toBe(404);
    expect((await deployment.browser().fetch('/api/v3/core/user_consent/')).status).toBe(403);
    for (const id of ['0', '-1', 'x', '99999999999', '1e3'])
      expect((await alice.fetch(`/api/v3/core/user_consent/${id}/`)).status).toBe(404);
  });

  it('is listed for an administrator, who can filter by user', async () => {
    const [alice, root] = [await loggedIn('alice'), await loggedIn('root')];
    await consent(alice, 'more');
    const { core } = officialClient(root);
    const [{ user }] = (await core.coreUserConsentList({})).results as [UserConsent];
    const namesOf = async (userId: number) =>
      (await core.coreUserConsentList({ user: userId })).results.map(({ user }) => user.username);
    expect(user.username).toBe('alice');
    expect(await namesOf(user.pk)).toEqual(['alice']);
    const { pk } = (await core.coreUsersMeRetrieve()).user;
    for (const other of [pk, 0, 99_999]) expect(await namesOf(other)).toEqual([]);
    expect((await officialClient(alice).core.coreUserConsentList({ user: pk })).results).toEqual([]);
  });

  it('can be revoked by its user only, and is then requested again', async () => {
    const alice = await loggedIn('alice');
    await consent(alice, 'more');
    const [grant] = await listed(alice);
    const address = `/api/v3/core/user_consent/${grant!.pk}/`;
    expect((await alice.fetch(address)).body).toMatchObject({ pk: grant!.pk });
    const events = () => deployment.rows(`SELECT FROM flow.outbox WHERE topic = 'events.model_deleted'`);
    const before = (await events()).length;
    expect((await alice.fetch(address, { method: 'DELETE' })).status).toBe(204);
    expect((await events()).length).toBe(before + 1);
    expect((await alice.fetch(address, { method: 'DELETE' })).status).toBe(404);
    expect((await alice.show('little')).body).toMatchObject({ component: 'ak-stage-consent' });
  });

  it('is listed on the account page and can be revoked there', async () => {
    const alice = await loggedIn('alice');
    await consent(alice, 'more');
    const page = (await alice.fetch('/if/user/')).text;
    expect(page).toContain('The Shop');
    const [grant] = await listed(alice);
    const form = new URLSearchParams({ csrf_token: alice.cookie('authentik_csrf') ?? '', consent: String(grant!.pk) });
    const headers = { 'content-type': 'application/x-www-form-urlencoded' };
    const sent = await alice.fetch('/if/user/', { method: 'POST', body: String(form), headers });
    expect(sent.status).toBe(303);
    expect(await listed(alice)).toEqual([]);
  });

  it('is not saved if the user is disabled between challenge and response (accident 14)', async () => {
    const bob = await loggedIn('bob');
    const { body } = await bob.show('more');
    await deployment.rows(`UPDATE directory.users SET is_active = false WHERE username = 'bob'`);
    const answer = (await bob.solve('more', { token: body['token'] })).body;
    expect(answer['component']).not.toBe('xak-flow-redirect');
    expect(
      await deployment.rows(
        `SELECT FROM consent.grants g JOIN directory.users u ON u.id = g.user_id WHERE u.username = 'bob'`,
      ),
    ).toEqual([]);
  });
});
