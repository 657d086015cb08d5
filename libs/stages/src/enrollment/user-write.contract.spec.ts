import type { SavedUser } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { userWriteContract } from './user-write.contract.js';

const alice: SavedUser = {
  ...{ kind: 'saved', uuid: '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d', pk: 1, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};
const NEVER = 'never_create';
const changes = (prompt_data: object, user: SavedUser | undefined, user_creation_mode: string) =>
  userWriteContract.changes_credentials({
    config: { user_creation_mode },
    context: { prompt_data: { ...prompt_data } },
    user,
  });

it.each([{ password: 'x' }, { email: 'other@example.org' }, { email: '' }, { email: 7 }])(
  'replaces credentials of an existing user by %j',
  (prompt_data) => {
    expect(changes(prompt_data, alice, NEVER)).toBe(true);
    expect(changes(prompt_data, alice, 'create_when_required')).toBe(true);
  },
);

it.each([
  {},
  { email: 'alice@example.org', name: 'Alice A.', username: 'al', 'attributes.x': 1 },
  { password: '', email: null },
])('replaces no credentials by %j', (prompt_data) => {
  expect(changes(prompt_data, alice, NEVER)).toBe(false);
});

it('replaces no credentials of a user who is created', () => {
  const prompt_data = { password: 'x', email: 'new@example.org' };
  expect(changes(prompt_data, undefined, 'create_when_required')).toBe(false);
  expect(changes(prompt_data, alice, 'always_create')).toBe(false);
});
