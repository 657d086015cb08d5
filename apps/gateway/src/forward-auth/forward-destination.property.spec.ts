import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  addressLimit,
  decodeAddress,
  destinationAt,
  encodeAddress,
  parseSiteAddress,
  startQueryOf,
} from './forward-destination.js';

const ORIGIN = 'https://app.example.org';
const LIMIT = 200;

/** Parts of addresses. Joined at random, they are texts that may look like addresses of the site. */
const pieces = fc.constantFrom(
  ...['https://', 'http://', '//', '/', '\\', '@', ':', '#', '?', '.', '..', '%2f', '%5c', '%00', '\t', '\n', ' ', 'é'],
  ...[
    'app.example.org',
    'evil.example',
    'APP.example.org',
    ':443',
    'outpost.goauthentik.io',
    'a',
    '&rd=',
    'javascript:',
  ],
);
const forged = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.array(pieces, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.array(pieces, { maxLength: 10 }).map((parts) => ORIGIN + parts.join('')),
);
const pathCharacters = fc.constantFrom(...'abcXYZ019-._~!$&\'()*+,;=:@%[]{}|^`"<>/?'.split(''));
const rest = fc.array(pathCharacters, { maxLength: 100 }).map((characters) => `/x${characters.join('')}`);

describe('the destination after the login at a site', () => {
  it('is always an address of the site, whatever the address in the query', () => {
    fc.assert(
      fc.property(forged, (text) => {
        const target = destinationAt(ORIGIN, text, LIMIT);
        expect(target.startsWith(`${ORIGIN}/`)).toBe(true);
        expect(target.startsWith(`${ORIGIN}//`)).toBe(false);
        expect(target).toMatch(/^[!-[\]-~]*$/);
        expect(new URL(target).origin).toBe(ORIGIN);
        expect(target.length).toBeLessThanOrEqual(LIMIT + 1);
        expect(new URL(target).pathname.toLowerCase()).not.toMatch(/^\/outpost\.goauthentik\.io(\/|$)/);
      }),
      { numRuns: 3000 },
    );
  });

  it('keeps path and query byte for byte, encoded or not, through the login and the redirect back', () => {
    fc.assert(
      fc.property(rest, (path) => {
        const address = `${ORIGIN}${path}`;
        expect(startQueryOf(`/start?rd=${encodeURIComponent(address)}`).address).toBe(address);
        expect(startQueryOf(`/start?rd=${address}`)).toEqual({ address, parameters: {} });
        const after = startQueryOf(`/start?max_age=60&prompt=login&rd=${address}`);
        expect(after).toEqual({ address, parameters: { max_age: '60', prompt: 'login' } });
        expect(decodeAddress(encodeAddress(address))).toBe(address);
        expect(destinationAt(ORIGIN, address, LIMIT)).toBe(address);
      }),
    );
  });

  it.each([
    ...[
      'https://evil.example/x',
      'http://app.example.org/x',
      `${ORIGIN}:8443/x`,
      `${ORIGIN}.evil.example/x`,
      '/x',
      'x',
      '',
    ],
    ...[
      `${ORIGIN}/outpost.goauthentik.io`,
      `${ORIGIN}/Outpost.goauthentik.io/start`,
      `${ORIGIN}/%6futpost.goauthentik.io/`,
    ],
    ...[
      `${ORIGIN}/a/../outpost.goauthentik.io/x`,
      `${ORIGIN}/a%2f..%2foutpost.goauthentik.io/x`,
      `${ORIGIN}/${'a'.repeat(LIMIT)}`,
    ],
  ])('is the front page for %j', (text) => expect(destinationAt(ORIGIN, text, LIMIT)).toBe(`${ORIGIN}/`));

  it('may write scheme and host in capitals or with the default port', () => {
    expect(destinationAt(ORIGIN, 'HTTPS://APP.example.org:443/Path?q', LIMIT)).toBe(`${ORIGIN}/Path?q`);
    expect(destinationAt(ORIGIN, `${ORIGIN}?q`, LIMIT)).toBe(`${ORIGIN}/?q`);
    expect(destinationAt(ORIGIN, ORIGIN, LIMIT)).toBe(`${ORIGIN}/`);
  });
});

it('the largest destination fits into the query of a login page, whatever the settings', () => {
  const settings = [
    { FORWARD_AUTH_RD_BYTES: 1200, QUERY_LIMIT_BYTES: 2048 },
    { FORWARD_AUTH_RD_BYTES: 8192, QUERY_LIMIT_BYTES: 1024 },
    { FORWARD_AUTH_RD_BYTES: 8192, QUERY_LIMIT_BYTES: 256 },
  ];
  expect(settings.map(addressLimit)).toEqual([1200, 543, 0]);
});

describe('the address that a proxy forwards', () => {
  it.each(['https://app.example.org@evil.example/', 'https://', 'ftp://app.example.org', 'https://a b/', '/path'])(
    'is refused if it is %j',
    (text) => expect(parseSiteAddress(text)).toBeUndefined(),
  );
});
