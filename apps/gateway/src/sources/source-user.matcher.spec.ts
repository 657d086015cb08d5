import { publishedSource, type SavedUser, type USER_MATCHING } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { matchUser } from './source-user.matcher.js';

const uuid = '41c0a6b8-6a0e-4c55-9d3b-2f7a5b1f8a01';
const alice: SavedUser = {
  ...{ kind: 'saved', uuid, pk: 7, username: 'alice', name: 'Alice', email: 'alice@example.org' },
  ...{ is_active: true, epoch: 1, locale: '' },
};
const disabled = { ...alice, is_active: false };

const sourceOf = (user_matching_mode: (typeof USER_MATCHING)[number]) =>
  publishedSource.parse({
    ...{ uuid, model: 'authentik_sources_oauth.oauthsource', slug: 'hub', name: 'Hub', user_matching_mode },
    ...{ provider_type: 'discord', consumer_key: 'key', consumer_secret: 'secret' },
  });

interface Case {
  readonly user?: { username?: string; email?: string; email_verified?: boolean };
  readonly connected?: SavedUser;
  readonly matching?: readonly SavedUser[];
}
const decided = (mode: (typeof USER_MATCHING)[number], { user = {}, connected, matching = [] }: Case = {}) =>
  matchUser(
    sourceOf(mode),
    { identifier: '1', user, groups: {}, info: {} },
    { connected, findMatching: async (field, value) => (alice[field] === value ? matching : []) },
  );
const asAlice = { username: 'alice', email: 'alice@example.org' };
const known = { user: alice };

describe('somebody from a source', () => {
  it('is whom they are connected with, whatever the source matches by', async () => {
    for (const mode of ['identifier', 'email_deny', 'username_deny'] as const) {
      expect(await decided(mode, { connected: alice })).toEqual(known);
    }
  });

  it('is nobody where whom they are connected with is disabled, and where they match one who is', async () => {
    expect(await decided('identifier', { connected: disabled })).toBe('denied');
    expect(await decided('email_link', { user: asAlice, matching: [disabled] })).toBe('denied');
  });

  it('is new by default, whoever they seem to be', async () => {
    expect(await decided('identifier', { user: asAlice, matching: [alice] })).toBe('new');
  });

  it.each([
    ['email_link', known],
    ['username_link', known],
    ['email_deny', 'denied'],
    ['username_deny', 'denied'],
  ] as const)('who matches a user by %s is as it says', async (mode, outcome) => {
    expect(await decided(mode, { user: asAlice, matching: [alice] })).toEqual(outcome);
    expect(await decided(mode, { user: { username: 'Alice', email: 'Alice@example.org' }, matching: [alice] })).toBe(
      'new',
    );
  });

  it.each(['email_link', 'email_deny', 'username_link', 'username_deny'] as const)(
    'of whom the source does not say what %s compares is denied',
    async (mode) => {
      expect(await decided(mode)).toBe('denied');
      expect(await decided(mode, { user: { username: '', email: '' } })).toBe('denied');
    },
  );

  it('is nobody by an address that the source says is not verified, and may be by one of which it says nothing', async () => {
    const user = { ...asAlice, email_verified: false };
    expect(await decided('email_link', { user, matching: [alice] })).toBe('denied');
    expect(await decided('email_link', { user: { ...user, email_verified: true }, matching: [alice] })).toEqual(known);
  });

  it('is nobody where several have the address', async () => {
    expect(await decided('email_link', { user: asAlice, matching: [alice, alice] })).toBe('denied');
  });
});
