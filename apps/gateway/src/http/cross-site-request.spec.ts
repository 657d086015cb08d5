import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { isCrossSite, markedNext, withMarkedNext } from './cross-site-request.js';

const isCrossSiteWith = (site?: string, query: object = {}) =>
  isCrossSite({ headers: { 'sec-fetch-site': site }, query } as unknown as FastifyRequest);

describe('a request', () => {
  it.each(['cross-site', 'same-site', 'something-new', 'same-origin, cross-site', ''])(
    'counts as cross-site with Sec-Fetch-Site %j',
    (site) => {
      expect(isCrossSiteWith(site)).toBe(true);
    },
  );

  it.each(['same-origin', 'none', undefined])('does not count as cross-site with Sec-Fetch-Site %j', (site) => {
    expect(isCrossSiteWith(site)).toBe(false);
  });

  it('from a script of a listed origin does not count as cross-site, unless it has the parameter cross_site or is a prefetch', () => {
    const sent = { headers: { 'sec-fetch-site': 'same-site' }, corsOrigin: 'https://app.example.org' };
    expect(isCrossSite({ ...sent, query: {} })).toBe(false);
    expect(isCrossSite({ ...sent, query: { cross_site: '1' } })).toBe(true);
    expect(isCrossSite({ ...sent, headers: { ...sent.headers, 'sec-purpose': 'prefetch' }, query: {} })).toBe(true);
  });

  it('counts as cross-site if its query has the parameter cross_site', () => {
    expect(isCrossSiteWith('same-origin', { cross_site: '1' })).toBe(true);
  });
});

describe('a prefetch', () => {
  it.each([
    ['sec-purpose', 'prefetch;prerender'],
    ['purpose', 'prefetch'],
    ['x-moz', 'prefetch'],
  ])('counts as cross-site: %s: %s', (name, value) => {
    const headers = { 'sec-fetch-site': 'none', [name]: value };
    expect(isCrossSite({ headers, query: {} } as unknown as FastifyRequest)).toBe(true);
  });
});

describe('a `next` of a query', () => {
  it.each([
    ['/if/flow/delete/', '/if/flow/delete/?cross_site=1'],
    ['/if/flow/delete/?a=b#c', '/if/flow/delete/?a=b&cross_site=1#c'],
    ['/x/../if/flow/delete/', '/if/flow/delete/?cross_site=1'],
    ['/./if/%2e%2e/if/flow/delete/', '/if/flow/delete/?cross_site=1'],
    ['/if/fl%6Fw/delete/', '/if/fl%6Fw/delete/?cross_site=1'],
    ['/flows/-/cancel/', '/flows/-/cancel/?cross_site=1'],
    ['/source/oauth/login/hub/', '/source/oauth/login/hub/?cross_site=1'],
    ['/api/v3/flows/executor/delete/?query=', '/api/v3/flows/executor/delete/?query=&cross_site=1'],
    ['/device', '/device?cross_site=1'],
    ['/setup', '/setup?cross_site=1'],
    ['/device/?code=123', '/device/?code=123&cross_site=1'],
    ['/application/o/authorize/?request_uri=r', '/application/o/authorize/?request_uri=r&cross_site=1'],
    ['/application/o/Authorize?request%5Furi=r', '/application/o/Authorize?request%5Furi=r&cross_site=1'],
    ['/application/o/shop/end-session/', '/application/o/shop/end-session/?cross_site=1'],
    ['/application/o/shop/End%2Dsession?state=x', '/application/o/shop/End%2Dsession?state=x&cross_site=1'],
  ])('gets the cross-site mark if its GET changes something: %s', (next, marked) => {
    expect(markedNext(next)).toBe(marked);
    expect(markedNext(marked)).toBe(marked);
  });

  it.each([
    '/',
    '/if/user/',
    '/devices',
    '/setups',
    '/app/?if=/if/flow/',
    '/application/o/authorize/?a=1&b=2',
    '/application/o/shop/jwks/',
    '/if/fl%E0/',
    '//evil.example/if/flow/x/',
    'https://x/if/flow/y/',
    '',
  ])('gets no cross-site mark if its GET changes nothing: %s', (next) => {
    expect(markedNext(next)).toBe(next);
  });

  it('gets the cross-site mark, and the other parameters of its query do not change', () => {
    expect(withMarkedNext({ itoken: 't', next: '/device' })).toEqual({ itoken: 't', next: '/device?cross_site=1' });
    expect(withMarkedNext({ itoken: 't' })).toEqual({ itoken: 't' });
  });
});
