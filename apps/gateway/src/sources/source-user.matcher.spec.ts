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
  readonly unverified?: readonly SavedUser[];
}
const matched = (
  mode: (typeof USER_MATCHING)[number],
  { user = {}, connected, matching = [], unverified = [] }: Case = {},
) => {
  const users = [
    ...matching.map((user) => ({ user, isProven: true })),
    ...unverified.map((user) => ({ user, isProven: false })),
  ];
  return matchUser(
    sourceOf(mode),
    { identifier: '1', user, groups: {}, info: {} },
    { connected, findMatching: async (field, value) => (alice[field] === value ? users : []) },
  );
};
const likeAlice = { username: 'alice', email: 'alice@example.org' };
const linked = { user: alice };

describe('an identity from a source', () => {
  it('belongs to the connected user in every matching mode', async () => {
    for (const mode of ['identifier', 'email_deny', 'username_deny'] as const) {
      expect(await matched(mode, { connected: alice })).toEqual(linked);
    }
  });

  it('is denied if the connected or the matching user is disabled', async () => {
    expect(await matched('identifier', { connected: disabled })).toBe('denied');
    expect(await matched('email_link', { user: likeAlice, matching: [disabled] })).toBe('denied');
  });

  it('is a new user by default, even if an existing user has the same username', async () => {
    expect(await matched('identifier', { user: likeAlice, matching: [alice] })).toBe('new');
  });

  it.each([
    ['email_link', linked],
    ['username_link', linked],
    ['email_deny', 'denied'],
    ['username_deny', 'denied'],
  ] as const)(
    'in mode %s is linked or denied if a user has exactly the same value, and is new otherwise',
    async (mode, outcome) => {
      expect(await matched(mode, { user: likeAlice, matching: [alice] })).toEqual(outcome);
      expect(await matched(mode, { user: { username: 'Alice', email: 'Alice@example.org' }, matching: [alice] })).toBe(
        'new',
      );
    },
  );

  it.each(['email_link', 'email_deny', 'username_link', 'username_deny'] as const)(
    'is denied in mode %s if it lacks the value that the mode compares',
    async (mode) => {
      expect(await matched(mode)).toBe('denied');
      expect(await matched(mode, { user: { username: '', email: '' } })).toBe('denied');
    },
  );

  it('is denied if the source says that its email address is not verified', async () => {
    const user = { ...likeAlice, email_verified: false };
    expect(await matched('email_link', { user, matching: [alice] })).toBe('denied');
    expect(await matched('email_link', { user: { ...user, email_verified: true }, matching: [alice] })).toEqual(linked);
  });

  it('is denied if several users have its email address', async () => {
    expect(await matched('email_link', { user: likeAlice, matching: [alice, alice] })).toBe('denied');
  });

  it('is linked only to a user who has verified the matching email address', async () => {
    expect(await matched('email_link', { user: likeAlice, matching: [alice], unverified: [disabled] })).toEqual(linked);
    expect(await matched('email_link', { user: likeAlice, unverified: [alice] })).toBe('denied');
    expect(await matched('email_deny', { user: likeAlice, unverified: [alice] })).toBe('denied');
  });
});
