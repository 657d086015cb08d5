import { describe, expect, it } from 'vitest';
import { toSourceIdentity } from './identity.js';

const user = (claims: object) => toSourceIdentity({ identifier: 'x', ...claims }, {})?.user;

describe('somebody as a provider says', () => {
  it('has what is said and nothing that is not', () => {
    expect(user({ username: 'a', name: null, email: undefined })).toEqual({ username: 'a' });
    expect(user({ username: '', name: '  ' })).toEqual({});
  });

  it.each([
    ['too long', 'x'.repeat(2000)],
    ['with controls', 'a\nb'],
    ['half a character', 'a\ud800'],
    ['no text', { a: 1 }],
    ['a fraction', 1.5],
  ])('has nothing that is %s', (_what, value) => {
    expect(user({ username: value, name: value, email: value })).toEqual({});
    expect(toSourceIdentity({ identifier: value }, {})).toBeUndefined();
  });

  it.each(['admin ', '\u00a0admin', '\ufeffadmin', 'admin\u3000'])('is nobody else by blanks: “%s”', (text) => {
    expect(toSourceIdentity({ identifier: text }, {})).toBeUndefined();
    expect(toSourceIdentity({ identifier: 'x', username: text, groups: [text] }, {})).toMatchObject({
      user: {},
      groups: {},
    });
    expect(user({ name: ' Ada ' })).toEqual({ name: 'Ada' });
  });

  it.each(['nobody', 'a@b@c', 'a b@example.org', '@'])('has no address that is none: %s', (email) => {
    expect(user({ email })).toEqual({});
  });

  it.each([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    [1, false],
    [{}, false],
  ])('has an address that counts as verified only where that is said: %j', (email_verified, counts) => {
    expect(user({ email_verified })).toEqual({ email_verified: counts });
  });

  it('has groups by their names, so many and no more', () => {
    const groups = (given: unknown) => toSourceIdentity({ identifier: 'x', groups: given }, {})?.groups;
    expect(groups(['staff', '', 7, null, 'a\u0000', { id: 1 }])).toEqual({
      staff: { name: 'staff' },
      7: { name: '7' },
    });
    expect(groups('staff')).toEqual({});
    expect(Object.keys(groups(Array.from({ length: 1500 }, (_, n) => `g${n}`)) ?? {})).toHaveLength(1000);
  });

  it('is nothing but who they are: neither active, nor of a type, nor anything else that is claimed', () => {
    const claims = { identifier: 'x', is_active: true, type: 'internal', is_superuser: true, path: 'users' };
    expect(toSourceIdentity(claims, {})).toEqual({ identifier: 'x', user: {}, groups: {}, info: {} });
  });
});
