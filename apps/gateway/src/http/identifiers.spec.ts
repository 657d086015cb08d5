import { expect, it } from 'vitest';
import { userUid } from './identifiers.js';

const [first, second] = ['x'.repeat(32), 'y'.repeat(32)];
const user = { uuid: '7c3a2a44-15f5-4d0e-8b5c-0b6a3e8f6a11' };

it('the uid of a user stays the same if SECRET_KEY changes and PSEUDONYM_KEY is set to its old value', () => {
  const uid = userUid(user, { SECRET_KEY: first, PSEUDONYM_KEY: undefined });
  expect(uid).toMatch(/^[0-9a-f]{64}$/);
  expect(userUid(user, { SECRET_KEY: second, PSEUDONYM_KEY: first })).toBe(uid);
  expect(userUid(user, { SECRET_KEY: second, PSEUDONYM_KEY: undefined })).not.toBe(uid);
});
