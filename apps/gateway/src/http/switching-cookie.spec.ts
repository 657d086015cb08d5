import { hashSessionKey } from '@gatehouse/executor';
import { describe, expect, it } from 'vitest';
import { loginSetIn, switchingCookie } from './switching-cookie.js';

const [SECRET, OTHER] = ['a'.repeat(43), 'b'.repeat(43)];
const NEWER = { API_VERSION: '2026.8', SESSION_COOKIE: 'authentik_session' } as const;
const HOST_ONLY = { ...NEWER, SESSION_COOKIE: '__Host-authentik_session' } as const;
const read = (cookie: string, config: Parameters<typeof loginSetIn>[1] = NEWER) =>
  loginSetIn({ headers: { cookie } }, config);

describe('the switching cookie', () => {
  it('needs the prefix __Host- if the session cookie has it', () => {
    expect([switchingCookie(NEWER), switchingCookie(HOST_ONLY)]).toEqual([
      ...['authentik_user_switching', '__Host-authentik_user_switching'],
    ]);
    expect(read(`authentik_user_switching=${SECRET}`)).toEqual(hashSessionKey(SECRET));
    expect(read(`__Host-authentik_user_switching=${SECRET}`, HOST_ONLY)).toEqual(hashSessionKey(SECRET));
    expect(read(`authentik_user_switching=${SECRET}`, HOST_ONLY)).toBeUndefined();
  });

  it.each([
    ['several different values', `authentik_user_switching=${SECRET}; authentik_user_switching=${OTHER}`],
    ['a malformed value', 'authentik_user_switching=short'],
    ['an empty value', 'authentik_user_switching='],
    ['only another cookie', `authentik_session=${SECRET}`],
  ])('is ignored if the request has %s', (_, cookie) => {
    expect(read(cookie)).toBeUndefined();
  });

  it('is ignored under 2024.8', () => {
    expect(read(`authentik_user_switching=${SECRET}`, { ...NEWER, API_VERSION: '2024.8' })).toBeUndefined();
  });
});
