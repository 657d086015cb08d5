import type { SavedUser } from '@gatehouse/contracts';
import { expect, it } from 'vitest';
import { userWriteContract } from './user-write.contract.js';

const alice: SavedUser = {
  ...{ kind: 'saved', uuid: '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d', pk: 1, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};
const NEVER_CREATE = 'never_create';
const changesCredentials = (prompt_data: object, user: SavedUser | undefined, user_creation_mode: string) =>
  userWriteContract.changes_credentials({
    config: { user_creation_mode },
    context: { prompt_data: { ...prompt_data } },
    user,
  });

it.each([{ password: 'x' }, { email: 'other@example.org' }, { email: '' }, { email: 7 }])(
  'a user write changes the credentials of an existing user with %j',
  (prompt_data) => {
    expect(changesCredentials(prompt_data, alice, NEVER_CREATE)).toBe(true);
    expect(changesCredentials(prompt_data, alice, 'create_when_required')).toBe(true);
  },
);

it.each([
  {},
  { email: 'alice@example.org', name: 'Alice A.', username: 'al', 'attributes.x': 1 },
  { password: '', email: null },
])('a user write changes no credentials with %j', (prompt_data) => {
  expect(changesCredentials(prompt_data, alice, NEVER_CREATE)).toBe(false);
});

it('a user write changes no credentials of a new user', () => {
  const prompt_data = { password: 'x', email: 'new@example.org' };
  expect(changesCredentials(prompt_data, undefined, 'create_when_required')).toBe(false);
  expect(changesCredentials(prompt_data, alice, 'always_create')).toBe(false);
});

it('a preview leaves out a user write that always creates a user', () => {
  const { leaves_out: leavesOut } = userWriteContract.preview;
  expect(leavesOut({ user_creation_mode: 'always_create' })).toBe(true);
  expect(leavesOut({ user_creation_mode: 'create_when_required' })).toBe(false);
});
