import { expect, it } from 'vitest';
import type { HttpExchange } from '../http/exchange.js';
import { errorRedirect, oauthError } from './oauth-responses.js';

it('an error redirect keeps the query of the redirect URI unchanged (RFC 6749 §3.1.2)', () => {
  const request = { issuer: 'https://id.example.org/', state: 'a b' };
  const added = 'error=access_denied&state=a+b&iss=https%3A%2F%2Fid.example.org%2F';
  for (const [uri, expected] of [
    ['https://shop.example.org', `https://shop.example.org/?${added}`],
    ['https://shop.example.org/back?', `https://shop.example.org/back?${added}`],
    ['https://shop.example.org/back?flag&to=a%20b', `https://shop.example.org/back?flag&to=a%20b&${added}`],
  ] as const)
    expect(errorRedirect({ ...request, redirect_uri: uri }, 'access_denied')).toBe(expected);
});

it('an error description has only characters that RFC 6749 §5.2 allows, even if it quotes a parameter of the client', () => {
  const reply = { status: () => reply };
  const exchange = { request: { headers: {} }, reply } as unknown as HttpExchange;
  expect(oauthError(exchange, 'invalid_request', 'Unrecognized key: "a\\é\n😀"')).toEqual({
    error: 'invalid_request',
    error_description: "Unrecognized key: 'a????'",
  });
});
