import { expect, it } from 'vitest';
import { errorRedirect } from './oauth-responses.js';

it('leads back to a redirect URI without a change of its query (RFC 6749 §3.1.2)', () => {
  const request = { issuer: 'https://id.example.org/', state: 'a b' };
  const added = 'error=access_denied&state=a+b&iss=https%3A%2F%2Fid.example.org%2F';
  for (const [uri, expected] of [
    ['https://shop.example.org', `https://shop.example.org/?${added}`],
    ['https://shop.example.org/back?', `https://shop.example.org/back?${added}`],
    ['https://shop.example.org/back?flag&to=a%20b', `https://shop.example.org/back?flag&to=a%20b&${added}`],
  ] as const)
    expect(errorRedirect({ ...request, redirect_uri: uri }, 'access_denied')).toBe(expected);
});
