import { describe, expect, it } from 'vitest';
import { cookieNamesAt, cookieValue, withoutOwnCookies } from './forward-cookies.js';

const VALUE = 'v'.repeat(43);

describe('the cookies of forward auth', () => {
  it('begin with __Host- at a site with https', () => {
    expect(cookieNamesAt('https://app.example.org').session).toBe('__Host-gatehouse_forward');
    expect(cookieNamesAt('http://app.localhost').session).toBe('gatehouse_forward');
  });

  it.each([
    ['no header', undefined, undefined],
    ['one value', `a=b; gatehouse_forward=${VALUE}`, VALUE],
    ['the same value twice', `gatehouse_forward=${VALUE}; gatehouse_forward=${VALUE}`, VALUE],
    [
      'two different values, because another host may have set one of them',
      `gatehouse_forward=${VALUE}; gatehouse_forward=x`,
      undefined,
    ],
    ['a value of another form', `gatehouse_forward="${VALUE}"`, undefined],
    ['a name that only begins alike', `gatehouse_forward_nonce=${VALUE}; xgatehouse_forward=${VALUE}`, undefined],
    ['a name after a no-break space', `\u00a0gatehouse_forward=${VALUE}`, undefined],
  ])('have the expected value if the header Cookie has %s', (_, header, value) => {
    expect(cookieValue(header, 'gatehouse_forward')).toBe(value);
  });

  it('are removed from the header for the application, which keeps every other cookie unchanged', () => {
    const own = [
      'gatehouse_forward',
      '__Host-gatehouse_forward',
      'gatehouse_forward_nonce',
      '__Host-gatehouse_forward_nonce',
    ];
    const header = own.map((name) => `${name}=${VALUE}`).join('; ');
    expect(withoutOwnCookies(`a=1; ${header};b="x=y"; valueless;  =z; a=2`, { isAtSite: true })).toBe(
      'a=1; b="x=y"; valueless; =z; a=2',
    );
    expect(withoutOwnCookies(header, { isAtSite: true })).toBe('');
    expect(withoutOwnCookies(undefined, { isAtSite: true })).toBe('');
    const login = 'authentik_session=a; __Host-authentik_user_switching=b; __Host-gatehouse_bound=c; gatehouse_known=d';
    expect(withoutOwnCookies(`${login}; a=1`, { isAtSite: true })).toBe(`${login}; a=1`);
    expect(withoutOwnCookies(`${login}; a=1`, { isAtSite: false })).toBe('a=1');
  });
});
