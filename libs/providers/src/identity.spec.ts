import { describe, expect, it } from 'vitest';
import { toSourceIdentity } from './identity.js';

const user = (claims: object) => toSourceIdentity({ identifier: 'x', ...claims }, {})?.user;

describe('the identity from a profile', () => {
  it('contains the claims of the profile that are present and not empty', () => {
    expect(user({ username: 'a', name: null, email: undefined })).toEqual({ username: 'a' });
    expect(user({ username: '', name: '  ' })).toEqual({});
  });

  it.each([
    ['too long', 'x'.repeat(2000)],
    ['with control characters', 'a\nb'],
    ['a lone surrogate', 'a\ud800'],
    ['an object', { a: 1 }],
    ['a fraction', 1.5],
  ])('leaves out a claim whose value is %s', (_case, value) => {
    expect(user({ username: value, name: value, email: value })).toEqual({});
    expect(toSourceIdentity({ identifier: value }, {})).toBeUndefined();
  });

  it.each(['admin ', '\u00a0admin', '\ufeffadmin', 'admin\u3000'])(
    'ignores a claim with surrounding white space: “%s”',
    (text) => {
      expect(toSourceIdentity({ identifier: text }, {})).toBeUndefined();
      expect(toSourceIdentity({ identifier: 'x', username: text, groups: [text] }, {})).toMatchObject({
        user: {},
        groups: {},
      });
      expect(user({ name: ' Ada ' })).toEqual({ name: 'Ada' });
    },
  );

  it.each(['Ad\u202ea', '\u2067Ada\u2069', 'Ad\u2028a'])(
    'leaves out a name with characters that no user may have: %j',
    (text) => {
      expect(user({ username: text, name: text, email: `${text}@example.org` })).toEqual({});
      expect(toSourceIdentity({ identifier: text }, {})).toMatchObject({ identifier: text });
    },
  );

  it.each(['nobody', 'a@b@c', 'a b@example.org', '@'])('ignores an invalid email address: %s', (email) => {
    expect(user({ email })).toEqual({});
  });

  it.each([
    [true, true],
    ['true', true],
    [false, false],
    ['false', false],
    [1, false],
    [{}, false],
  ])('has `email_verified` true only if the claim is true: %j', (email_verified, expected) => {
    expect(user({ email_verified })).toEqual({ email_verified: expected });
  });

  it('has at most 1000 groups, whose names are their ids', () => {
    const groups = (value: unknown) => toSourceIdentity({ identifier: 'x', groups: value }, {})?.groups;
    expect(groups(['staff', '', 7, null, 'a\u0000', { id: 1 }])).toEqual({
      staff: { name: 'staff' },
      7: { name: '7' },
    });
    expect(groups('staff')).toEqual({});
    expect(Object.keys(groups(Array.from({ length: 1500 }, (_, n) => `g${n}`)) ?? {})).toHaveLength(1000);
  });

  it('ignores all other claims, such as is_active and is_superuser', () => {
    const claims = { identifier: 'x', is_active: true, type: 'internal', is_superuser: true, path: 'users' };
    expect(toSourceIdentity(claims, {})).toEqual({ identifier: 'x', user: {}, groups: {}, info: {} });
  });
});
