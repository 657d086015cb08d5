import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isLocalPath, redirectTarget } from './redirect-target.js';

const HOUSE = 'https://id.example.org';

describe('a local path', () => {
  it.each([
    '/',
    '/if/user/',
    '/if/user/#/settings;%7B%22page%22%3A%22page-tokens%22%7D',
    '/application/o/authorize/?client_id=a&redirect_uri=https%3A%2F%2Fapp.example.org%2F',
    '/go?to=https://app.example.org//x#//y',
    '/a//b',
    '/@evil.example',
    '/user:pw@evil.example',
    '/evil.example',
    '/ünïcode/路径?ключ=значение',
    '/%2F%2Fevil.example',
    '/%5Cevil.example',
    '/../..//x',
  ])('%j is one', (next) => {
    expect(isLocalPath(next)).toBe(true);
  });

  it.each([
    ['nothing', ''],
    ['another host', '//evil.example'],
    ['another host', '///evil.example'],
    ['any host at all, were it one that this is tried with', '//gatehouse.invalid/x'],
    ['another host', '////evil.example/x'],
    ['another host by backslash', '/\\evil.example'],
    ['another host by backslashes', '\\\\evil.example'],
    ['another host by backslash', '\\/evil.example'],
    ['another host behind a slash and a backslash', '//\\evil.example'],
    ['a backslash anywhere', '/a\\b'],
    ['an absolute URL', 'https://evil.example'],
    ['an absolute URL without slashes', 'https:evil.example'],
    ['an absolute URL with one slash', 'https:/evil.example'],
    ['an absolute URL with three slashes', 'https:///evil.example'],
    ['an absolute URL in capitals', 'HTTPS://evil.example'],
    ['an absolute URL of this very host', `${HOUSE}/if/user/`],
    ['this host as userinfo', `//id.example.org@evil.example/`],
    ['this host as a prefix', '//id.example.org.evil.example/'],
    ['another host with a port', '//evil.example:443/'],
    ['an unicode host', '//еvil.example'],
    ['an unicode dot', '//evil。example'],
    ['a script', 'javascript:alert(1)'],
    ['a script in disguise', 'java\nscript:alert(1)'],
    ['a script with a comment', 'javascript://%0aalert(1)'],
    ['data', 'data:text/html,x'],
    ['a tab before the second slash', '/\t/evil.example'],
    ['a newline before the second slash', '/\n/evil.example'],
    ['a carriage return', '/\r/evil.example'],
    ['a header break', '/x\r\nSet-Cookie: a=b'],
    ['NUL', '/\0'],
    ['DEL', '/\x7f'],
    ['a C1 control', '/\x85/evil.example'],
    ['a leading space', ' //evil.example'],
    ['a leading tab', '\t//evil.example'],
    ['a relative path', 'a/b'],
    ['a query only', '?x=1'],
    ['a fragment only', '#x'],
    ['the name of a view', 'authentik_core:if-user'],
  ])('is not %s (%j)', (_what, next) => {
    expect(isLocalPath(next)).toBe(false);
  });

  it('never leads a browser away from this origin, whatever it is made of', () => {
    const piece = fc.constantFrom(
      '/',
      '\\',
      '\t',
      '\n',
      ':',
      '@',
      '.',
      '..',
      '?',
      '#',
      '%2f',
      'evil',
      '//',
      'http:',
      '。',
      '\u2028',
    );
    fc.assert(
      fc.property(fc.array(piece, { maxLength: 8 }), fc.string({ unit: 'binary', maxLength: 4 }), (pieces, rest) => {
        const next = pieces.join('') + rest;
        return !isLocalPath(next) || new URL(next, `${HOUSE}/if/flow/login/`).origin === HOUSE;
      }),
      { numRuns: 2000 },
    );
  });
});

describe('where an administrator may lead a visitor', () => {
  it.each(['/', '/if/user/', 'https://app.example.org/x?y=z#a', 'http://intranet:8080', 'HTTPS://app.example.org'])(
    'is %j',
    (to) => expect(redirectTarget().safeParse(to).success).toBe(true),
  );
  it.each([
    '',
    'javascript:alert(1)',
    'java\nscript:alert(1)',
    'data:text/html,x',
    'myapp://open',
    'app.example.org',
    '//app.example.org',
    'https:app.example.org',
    'https:///app.example.org',
    'https://app.example.org\\@evil.example',
    'https://app.example.org/\r\nx: y',
    'https://',
  ])('is not %j', (to) => expect(redirectTarget().safeParse(to).success).toBe(false));
});
