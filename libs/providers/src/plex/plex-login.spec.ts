import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlexServer } from '../../../../test/support/plex-server.js';
import { LoginHarness, oauthSource, plexSource } from '../../testing/login-harness.js';

let plex: PlexServer;
let harness: LoginHarness;
beforeEach(async () => {
  plex = await PlexServer.open();
  harness = new LoginHarness({ PLEX_URL: `${plex.url}/` });
  plex.accounts.set('owner', {
    id: 1,
    username: 'owner',
    friends: [
      { id: 2, status: 'accepted' },
      { id: 3, status: 'pending' },
    ],
  });
  plex.accounts.set('friend', {
    id: 2,
    username: 'friend',
    title: 'A Friend',
    email: 'f@example.org',
    confirmed: true,
    pin: '1234',
    services: [{ identifier: 'scrobbler', token: 'of the service', secret: 'hush' }],
  });
  plex.accounts.set('pending', { id: 3, username: 'pending' });
  plex.accounts.set('guest', {
    id: 4,
    username: 'guest',
    resources: [{ provides: 'server', clientIdentifier: 'mine' }],
  });
  plex.accounts.set('player', {
    id: 5,
    username: 'player',
    resources: [{ provides: 'player,controller', clientIdentifier: 'mine' }],
  });
});
afterEach(() => plex.close());

const denied = { refused: { text: 'Access denied.', wire: 'access_denied' } };
const login = (fields: object, token: string) => harness.plex(plexSource(fields), token);
const serverError = (response: ServerResponse) => response.writeHead(500).end();

describe('a login at Plex', () => {
  it('returns the identity from the account, without its tokens and other secrets', async () => {
    expect(await login({}, 'friend')).toEqual({
      identity: {
        identifier: '2',
        user: { username: 'friend', name: 'A Friend', email: 'f@example.org', email_verified: true },
        groups: {},
        info: { id: 2, username: 'friend', title: 'A Friend', email: 'f@example.org', confirmed: true },
      },
    });
    expect(new Set(plex.requests.map(({ client }) => client))).toEqual(new Set(['gatehouse']));
  });

  it('is refused as misconfigured if the `plex_token` of the source has characters that no header can have', async () => {
    expect(await login({ plex_token: 'own\ner' }, 'friend')).toMatchObject({ refused: { wire: 'misconfigured' } });
  });

  it('allows only the owner of the source token and accepted friends', async () => {
    const fields = { allowed_servers: ['other'] };
    for (const token of ['owner', 'friend']) expect(await login(fields, token)).toMatchObject({ identity: {} });
    for (const token of ['pending', 'guest']) expect(await login(fields, token)).toMatchObject(denied);
    expect(await login({ ...fields, allow_friends: false }, 'friend')).toMatchObject(denied);
  });

  it('allows users of a server in allowed_servers', async () => {
    const fields = { allow_friends: false, allowed_servers: ['mine'] };
    expect(await login(fields, 'guest')).toMatchObject({ identity: { identifier: '4' } });
    for (const token of ['owner', 'player']) expect(await login(fields, token)).toMatchObject(denied);
  });

  it('allows users of any server when allowed_servers is empty', async () => {
    expect(await login({ allow_friends: false }, 'guest')).toMatchObject({ identity: { identifier: '4' } });
    expect(await login({ allow_friends: false }, 'player')).toMatchObject(denied);
  });

  it.each(['made up', 'a\nb', 'ĉ'])('is refused with an unknown token, whatever its characters: %j', async (token) => {
    expect(await login({}, token)).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
  });

  it.each([
    ['is unavailable', 'user', serverError],
    ['does not list friends', 'friends', serverError],
    ['does not list servers', 'resources', serverError],
    ['sends malformed JSON', 'resources', (response: ServerResponse) => response.end('<html>')],
    ['sends no id', 'user', (response: ServerResponse) => response.end('{}')],
  ])('is refused while Plex %s', async (_case, resource, response) => {
    plex.overrides = { [resource]: response };
    expect(await login({}, 'guest')).toMatchObject({ refused: { wire: 'unavailable' } });
    expect(harness.reports).toEqual([expect.not.stringContaining('guest')]);
  });

  it('is refused when Plex does not accept the token of the source', async () => {
    expect(await login({ plex_token: 'expired' }, 'friend')).toMatchObject({ refused: { wire: 'misconfigured' } });
  });

  it('sends requests to Plex only if SOURCE_HOSTS allows it', async () => {
    harness = new LoginHarness({ PLEX_URL: plex.url, SOURCE_HOSTS: '*' });
    expect(await login({}, 'friend')).toMatchObject({ refused: { wire: 'misconfigured' } });
    expect(plex.requests).toEqual([]);
  });

  it('is refused if the request is for Plex and the source for OAuth, or vice versa', async () => {
    const refused = { refused: { wire: 'misconfigured' } };
    expect(await harness.begin(plexSource({}))).toMatchObject(refused);
    expect(await harness.complete(plexSource({}), {}, { code: 'good' })).toMatchObject(refused);
    expect(await harness.plex(oauthSource({}), 'friend')).toMatchObject(refused);
  });
});
