import type { User } from '@gatehouse/contracts';

const savedUser = (uuid: string, username: string): User => ({
  kind: 'saved',
  uuid,
  pk: 1,
  username,
  name: 'Alice',
  email: 'alice@example.org',
  is_active: true,
  epoch: 1,
  locale: '',
});

export const ALICE_UUID = '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d';
export const alice = savedUser(ALICE_UUID, 'alice');
export const bob = savedUser('52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e', 'bob');
