import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  blueprint,
  DUMMY,
  flowEntries,
  IDENTIFICATION,
  keyOf,
  LOGIN,
  PASSWORD,
  tokenEntry,
  userEntry,
} from '../support/blueprints.js';
import { Deployment } from '../support/deployment.js';
import { SERVICES } from '../support/deployment-options.js';
import { Outpost } from '../support/outpost.js';
import { boundEntry, expressionEntry } from '../support/policy-entries.js';
import { recordedEvents } from '../support/recorded-events.js';

const TOKEN = 'outpost-key-of-sixty-characters-as-gatehouse-draws-them-123'; // not-a-secret
const ME = '/api/v3/core/users/me/';
const RIGHT = { username: 'alice', password: 'correct-horse-7' };
const WRONG = { username: 'alice', password: 'wrong' };
let deployment: Deployment;
/** The internal HTTP address of a second gateway, whose public URL is HTTPS. */
let internalUrl: string;

beforeAll(async () => {
  const inner = { model: `authentik_stages_${PASSWORD.stage}`, id: 'inner', identifiers: { name: 'inner' } };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('inner') } };
  deployment = await Deployment.open({
    blueprints: [
      blueprint(
        userEntry('alice'),
        userEntry('carol', { is_active: false }),
        userEntry('outpost', { type: 'internal_service_account' }),
        tokenEntry('outpost', TOKEN),
        { ...inner, attrs: PASSWORD.attrs },
        flowEntries('login', [IDENTIFICATION, PASSWORD, LOGIN]),
        flowEntries('combined', [combined, LOGIN]),
        flowEntries('remembering', [IDENTIFICATION, PASSWORD, { ...LOGIN, attrs: { remember_me_offset: 'days=1' } }]),
        flowEntries('for-outposts', [IDENTIFICATION, PASSWORD, LOGIN], { authentication: 'require_outpost' }),
        expressionEntry('of the outpost', 'return context["outpost"]["instance"].name == "outpost"'),
        flowEntries('named', [IDENTIFICATION, PASSWORD, LOGIN]),
        boundEntry('named', 'of the outpost'),
        flowEntries('members', [DUMMY], { authentication: 'require_authenticated' }),
      ),
    ],
    services: [...SERVICES, 'policy'],
  });
  internalUrl = await deployment.openAnotherGateway({ BASE_URL: 'https://id.example.org' });
});
afterAll(() => deployment.close());

const outpost = (base = deployment.url, remoteIp = '203.0.113.77') => new Outpost(base, { token: TOKEN, remoteIp });

describe('an outpost', () => {
  it.each(['login', 'combined', 'remembering', 'for-outposts'])(
    'logs a user in by the flow %s and can use the session',
    async (slug) => {
      const client = outpost();

      expect(await client.bind(slug, RIGHT)).toBe(true);
      expect(await (await client.fetch(ME)).json()).toMatchObject({ user: { username: 'alice' } });
      const browser = deployment.browser();
      browser.plant(client.session);
      expect((await browser.fetch(ME)).body).toMatchObject({ user: { username: 'alice' } });
    },
  );

  it.each([
    ['login', 'password: Invalid password'],
    ['combined', 'non_field_errors: Failed to authenticate.'],
  ])(
    'receives the error of the flow %s for a wrong password, a disabled user and an unknown user',
    async (slug, error) => {
      for (const credentials of [WRONG, { ...RIGHT, username: 'carol' }, { ...RIGHT, username: 'nobody' }]) {
        await expect(outpost().bind(slug, credentials)).rejects.toThrow(`flow error ${error}`);
      }
    },
  );

  it('cannot log in by a flow that requires a user, or that requires an outpost if its token is invalid', async () => {
    expect(await outpost().bind('members', RIGHT)).toBe(false);
    expect(
      await new Outpost(deployment.url, { token: 'x', remoteIp: '203.0.113.77' }).bind('for-outposts', RIGHT),
    ).toBe(false);
  });

  it('is visible to policies and in the login event, by its service account, under 2026.8', async () => {
    const newer = await deployment.openAnotherGateway({ API_VERSION: '2026.8' });
    expect(await outpost(newer).bind('named', RIGHT)).toBe(true);
    const instance = { uuid: expect.any(String), name: 'outpost' };
    expect((await recordedEvents(deployment, 'login')).at(-1)?.data.context).toMatchObject({ outpost: { instance } });

    expect(await outpost().bind('named', RIGHT)).toBe(false);
    expect(await new Outpost(newer, { token: 'x', remoteIp: '203.0.113.77' }).bind('named', RIGHT)).toBe(false);
    await outpost().bind('login', RIGHT);
    expect((await recordedEvents(deployment, 'login')).at(-1)?.data.context).not.toHaveProperty('outpost');
  });

  it('can use plain HTTP for a site whose other clients need HTTPS', async () => {
    const client = outpost(internalUrl);

    expect(await client.bind('login', RIGHT)).toBe(true);
    expect((await client.fetch(ME)).status).toBe(200);
    const anonymousClient = new Outpost(internalUrl, { token: 'x', remoteIp: '203.0.113.77' });
    await expect(anonymousClient.bind('login', RIGHT)).rejects.toThrow('exceeded stage recursion depth');
    expect(anonymousClient.session).toBeUndefined();
  });

  it.each([
    ['one address', () => '203.0.113.77'],
    ['an address each', (i: number) => `203.0.113.${i}`],
  ])('can log one user in many times concurrently, at two gateways, from %s', async (_, addressOf) => {
    const clients = Array.from({ length: 60 }, (__, i) =>
      outpost(i % 2 === 0 ? deployment.url : internalUrl, addressOf(i)),
    );
    const results = await Promise.allSettled(clients.map((client) => client.bind('login', RIGHT)));

    expect(results.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});
