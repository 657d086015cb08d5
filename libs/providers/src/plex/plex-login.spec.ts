import type { ServerResponse } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { PlexServer } from '../../../../test/support/plex-server.js';
import { LoginHarness, oauthSource, plexSource } from '../../testing/login-harness.js';

let plex: PlexServer;
let bench: LoginHarness;
beforeEach(async () => {
  plex = await PlexServer.open();
  bench = new LoginHarness({ PLEX_URL: `${plex.url}/` });
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
  });
  plex.accounts.set('asked', { id: 3, username: 'asked' });
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
const enters = (given: object, token: string) => bench.plex(plexSource(given), token);
const failing = (response: ServerResponse) => response.writeHead(500).end();

describe('a login at Plex', () => {
  it('knows somebody by what Plex says, without the token', async () => {
    expect(await enters({}, 'friend')).toEqual({
      identity: {
        identifier: '2',
        user: { username: 'friend', name: 'A Friend', email: 'f@example.org', email_verified: true },
        groups: {},
        info: { id: 2, username: 'friend', title: 'A Friend', email: 'f@example.org', confirmed: true },
      },
    });
    expect(new Set(plex.asked.map(({ client }) => client))).toEqual(new Set(['house']));
  });

  it('lets in the owner and accepted friends, and no others', async () => {
    const given = { allowed_servers: ['other'] };
    for (const token of ['owner', 'friend']) expect(await enters(given, token)).toMatchObject({ identity: {} });
    for (const token of ['asked', 'guest']) expect(await enters(given, token)).toMatchObject(denied);
    expect(await enters({ ...given, allow_friends: false }, 'friend')).toMatchObject(denied);
  });

  it('lets in who is on a server that is listed', async () => {
    const given = { allow_friends: false, allowed_servers: ['mine'] };
    expect(await enters(given, 'guest')).toMatchObject({ identity: { identifier: '4' } });
    for (const token of ['owner', 'player']) expect(await enters(given, token)).toMatchObject(denied);
  });

  it('lets in who is on any server where none is listed, and nobody who is on none', async () => {
    expect(await enters({ allow_friends: false }, 'guest')).toMatchObject({ identity: { identifier: '4' } });
    expect(await enters({ allow_friends: false }, 'player')).toMatchObject(denied);
  });

  it('lets nobody in by a token that Plex does not know', async () => {
    expect(await enters({}, 'made up')).toMatchObject({ refused: { text: expect.stringContaining('verified') } });
  });

  it.each([
    ['is away', 'user', failing],
    ['does not say whose friend somebody is', 'friends', failing],
    ['does not say which servers somebody is on', 'resources', failing],
    ['says nonsense', 'resources', (response: ServerResponse) => response.end('<html>')],
    ['says less than who it is', 'user', (response: ServerResponse) => response.end('{}')],
  ])('lets nobody in while Plex %s', async (_how, what, instead) => {
    plex.instead = { [what]: instead };
    expect(await enters({}, 'guest')).toMatchObject({ refused: { wire: 'unavailable' } });
    expect(bench.reports).toEqual([expect.not.stringContaining('guest')]);
  });

  it('lets nobody in by a token of the source that Plex does not know', async () => {
    expect(await enters({ plex_token: 'expired' }, 'friend')).toMatchObject({ refused: { wire: 'misconfigured' } });
  });

  it('asks Plex only where the operator lets it', async () => {
    bench = new LoginHarness({ PLEX_URL: plex.url, SOURCE_HOSTS: '*' });
    expect(await enters({}, 'friend')).toMatchObject({ refused: { wire: 'misconfigured' } });
    expect(plex.asked).toEqual([]);
  });

  it('has nothing to do with sources of another kind', async () => {
    const refused = { refused: { wire: 'misconfigured' } };
    expect(await bench.begin(plexSource({}))).toMatchObject(refused);
    expect(await bench.complete(plexSource({}), {}, { code: 'good' })).toMatchObject(refused);
    expect(await bench.plex(oauthSource({}), 'friend')).toMatchObject(refused);
  });
});
