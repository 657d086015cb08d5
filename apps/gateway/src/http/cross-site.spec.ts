import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { isCrossSite, withMarkedNext } from './cross-site.js';

const by = (site?: string, query: object = {}) =>
  isCrossSite({ headers: { 'sec-fetch-site': site }, query } as unknown as FastifyRequest);

describe('a request', () => {
  it.each(['cross-site', 'same-site', 'something-new', 'same-origin, cross-site', ''])(
    'is another site’s where the browser says %j',
    (site) => {
      expect(by(site)).toBe(true);
    },
  );

  it.each(['same-origin', 'none', undefined])('is this site’s, or nobody’s, where the browser says %j', (site) => {
    expect(by(site)).toBe(false);
  });

  it('is another site’s where its address says so, whatever the browser says', () => {
    expect(by('same-origin', { cross_site: '1' })).toBe(true);
  });
});

describe('a destination that another site chose', () => {
  const marked = (next: string) => {
    const address = withMarkedNext(`/if/flow/login/?a=1&${new URLSearchParams({ next })}`);
    return address && new URLSearchParams(address.split('?', 2)[1]).get('next');
  };

  it.each([
    ['/if/flow/delete/', '/if/flow/delete/?cross_site=1'],
    ['/if/flow/delete/?a=b#c', '/if/flow/delete/?a=b&cross_site=1#c'],
    ['/x/../if/flow/delete/', '/if/flow/delete/?cross_site=1'],
    ['/./if/%2e%2e/if/flow/delete/', '/if/flow/delete/?cross_site=1'],
    ['/flows/-/cancel/', '/flows/-/cancel/?cross_site=1'],
    ['/source/oauth/login/hub/', '/source/oauth/login/hub/?cross_site=1'],
    ['/api/v3/flows/executor/delete/?query=', '/api/v3/flows/executor/delete/?query=&cross_site=1'],
  ])('is marked where a look acts: %s', (next, wanted) => {
    expect(marked(next)).toBe(wanted);
  });

  it.each([
    '/',
    '/if/user/',
    '/device?code=123',
    '/app/?if=/if/flow/',
    '//evil.example/if/flow/x/',
    'https://x/if/flow/y/',
  ])('is left as it is where none does: %s', (next) => {
    expect(marked(next)).toBeUndefined();
  });

  it('is marked once, the last of several counts, and the rest of the address stays', () => {
    expect(withMarkedNext('/if/flow/login/')).toBeUndefined();
    expect(withMarkedNext('/if/flow/login/?next=%2Fif%2Fflow%2Fx%2F%3Fcross_site%3D1')).toBeUndefined();
    expect(withMarkedNext('/if/flow/login/?next=%2F&itoken=t&next=%2Fif%2Fflow%2Fx%2F%3Fq%3D%3F')).toBe(
      '/if/flow/login/?next=%2Fif%2Fflow%2Fx%2F%3Fq%3D%3F%26cross_site%3D1&itoken=t',
    );
  });
});
