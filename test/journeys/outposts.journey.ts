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
import { Outpost } from '../support/outpost.js';

const TOKEN = 'outpost-key-of-sixty-characters-as-the-house-draws-them-123';
const ME = '/api/v3/core/users/me/';
const RIGHT = { username: 'alice', password: 'correct-horse-7' };
const WRONG = { username: 'alice', password: 'wrong' };
let house: Deployment;
/** A second gateway, by whose inner address outposts come to a site that is https. */
let inside: string;

beforeAll(async () => {
  const inner = { model: `authentik_stages_${PASSWORD.stage}`, id: 'inner', identifiers: { name: 'inner' } };
  const combined = { ...IDENTIFICATION, attrs: { ...IDENTIFICATION.attrs, password_stage: keyOf('inner') } };
  house = await Deployment.open({
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
        flowEntries('members', [DUMMY], { authentication: 'require_authenticated' }),
      ),
    ],
  });
  inside = await house.openAnotherGateway({ BASE_URL: 'https://id.example.org' });
});
afterAll(() => house.close());

const outpost = (base = house.url) => new Outpost(base, { token: TOKEN, remoteIp: '203.0.113.77' });

describe('an outpost', () => {
  it.each(['login', 'combined', 'remembering', 'for-outposts'])(
    'logs somebody in by the flow %s, and speaks for them then',
    async (slug) => {
      const client = outpost();

      expect(await client.bind(slug, RIGHT)).toBe(true);
      expect(await (await client.fetch(ME)).json()).toMatchObject({ user: { username: 'alice' } });
      const elsewhere = house.browser();
      elsewhere.plant(client.session);
      expect((await elsewhere.fetch(ME)).body).toMatchObject({ user: { username: 'alice' } });
    },
  );

  it.each([
    ['login', 'password: Invalid password'],
    ['combined', 'non_field_errors: Failed to authenticate.'],
  ])('hears at once, from the flow %s, that a password is wrong, whoever it is for', async (slug, error) => {
    for (const credentials of [WRONG, { ...RIGHT, username: 'carol' }, { ...RIGHT, username: 'nobody' }]) {
      await expect(outpost().bind(slug, credentials)).rejects.toThrow(`flow error ${error}`);
    }
  });

  it('is refused by a flow that is for others', async () => {
    expect(await outpost().bind('members', RIGHT)).toBe(false);
    expect(await new Outpost(house.url, { token: 'x', remoteIp: '203.0.113.77' }).bind('for-outposts', RIGHT)).toBe(
      false,
    );
  });

  it('comes by plain http to a site that is https for everybody else', async () => {
    const client = outpost(inside);

    expect(await client.bind('login', RIGHT)).toBe(true);
    expect((await client.fetch(ME)).status).toBe(200);
    const stranger = new Outpost(inside, { token: 'x', remoteIp: '203.0.113.77' });
    await expect(stranger.bind('login', RIGHT)).rejects.toThrow('exceeded stage recursion depth');
    expect(stranger.session).toBeUndefined();
  });

  it('logs one user in many times at once, whichever gateway it asks', async () => {
    const gateways = Array.from({ length: 30 }, (_, i) => (i % 2 === 0 ? house.url : inside));
    const bound = await Promise.allSettled(gateways.map((gateway) => outpost(gateway).bind('login', RIGHT)));

    expect(bound.filter(({ status }) => status === 'rejected')).toEqual([]);
  });
});
