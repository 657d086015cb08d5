import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { anyCodePoint } from '../../../test/support/code-points.js';
import { isLocalPath, redirectTarget } from './redirect-target.js';

const SITE = 'https://id.example.org';

describe('isLocalPath', () => {
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
  ])('accepts %j', (next) => {
    expect(isLocalPath(next)).toBe(true);
  });

  it.each([
    ['an empty string', ''],
    ['another host', '//evil.example'],
    ['another host', '///evil.example'],
    ['the placeholder host of the check', '//gatehouse.invalid/x'],
    ['another host', '////evil.example/x'],
    ['another host after a backslash', '/\\evil.example'],
    ['another host after backslashes', '\\\\evil.example'],
    ['another host after a backslash', '\\/evil.example'],
    ['another host behind a slash and a backslash', '//\\evil.example'],
    ['a backslash anywhere', '/a\\b'],
    ['an absolute URL', 'https://evil.example'],
    ['an absolute URL without slashes', 'https:evil.example'],
    ['an absolute URL with one slash', 'https:/evil.example'],
    ['an absolute URL with three slashes', 'https:///evil.example'],
    ['an absolute URL in capitals', 'HTTPS://evil.example'],
    ['an absolute URL of this host', `${SITE}/if/user/`],
    ['this host as userinfo', `//id.example.org@evil.example/`],
    ['this host as a prefix', '//id.example.org.evil.example/'],
    ['another host with a port', '//evil.example:443/'],
    ['an unicode host', '//еvil.example'],
    ['an unicode dot', '//evil。example'],
    ['a script URL', 'javascript:alert(1)'],
    ['a script URL with a newline', 'java\nscript:alert(1)'],
    ['a script URL with a comment', 'javascript://%0aalert(1)'],
    ['a data URL', 'data:text/html,x'],
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
  ])('refuses %s (%j)', (_what, next) => {
    expect(isLocalPath(next)).toBe(false);
  });

  it('never accepts a text that a browser resolves to another origin', () => {
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
      fc.property(
        fc.array(piece, { maxLength: 8 }),
        fc.string({ unit: anyCodePoint, maxLength: 4 }),
        (pieces, suffix) => {
          const next = pieces.join('') + suffix;
          return !isLocalPath(next) || new URL(next, `${SITE}/if/flow/login/`).origin === SITE;
        },
      ),
      { numRuns: 2000 },
    );
  });
});

describe('a redirect target', () => {
  it.each(['/', '/if/user/', 'https://app.example.org/x?y=z#a', 'http://intranet:8080', 'HTTPS://app.example.org'])(
    'accepts %j',
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
  ])('refuses %j', (to) => expect(redirectTarget().safeParse(to).success).toBe(false));
});
