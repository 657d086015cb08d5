import { Problem } from '@gatehouse/contracts';
import type { FastifyRequest } from 'fastify';
import { describe, expect, it } from 'vitest';
import { forwardedAddress } from './forwarded-request.js';

const PATH = '/outpost.goauthentik.io/auth';

/** Returns a request of `url` with the headers with which all kinds of proxies ask about the path `rest`. */
const requestAt = (url: string, rest = '/a?b') =>
  ({
    ...{ url, protocol: 'https', host: 'app.example.org' },
    headers: {
      host: 'app.example.org',
      ...{ 'x-original-url': `https://app.example.org${rest}`, 'x-forwarded-uri': rest },
      ...{ 'x-forwarded-proto': 'https', 'x-forwarded-host': 'app.example.org' },
    },
  }) as unknown as FastifyRequest;

const addressOf = (kind: Parameters<typeof forwardedAddress>[0], url: string, rest?: string) => {
  try {
    return forwardedAddress(kind, requestAt(url, rest));
  } catch (error) {
    return error instanceof Problem ? error.code : error;
  }
};

describe('the address of a check', () => {
  it.each([
    ['nginx', ''],
    ['traefik', '?x=%2e%2e/'],
    ['caddy', '/'],
    ['envoy', '/a?b'],
  ] as const)('of %s may have %j after its plain path', (kind, rest) => {
    expect(addressOf(kind, `${PATH}/${kind}${rest}`)).toEqual({ origin: 'https://app.example.org', rest: '/a?b' });
  });

  it.each([
    ['traefik', `${PATH}/%74raefik`],
    ['caddy', '/%6futpost.goauthentik.io/auth/caddy'],
    ['envoy', `${PATH}/envoy/..%2f..%2fstart`],
    ['envoy', `${PATH}/envoy/../../start`],
    ['envoy', `${PATH}/envoy/a/%2e%2e/..%5c..%2F..%2fsign_out`],
  ] as const)('of %s is refused if its path is spelled %j', (kind, url) => {
    expect(addressOf(kind, url)).toBe('forward_auth_invalid');
  });

  it('of envoy may contain dots that stay below its path', () => {
    expect(addressOf('envoy', `${PATH}/envoy/a/..%2fb/%2e%2e/c?d=../..`)).toMatchObject({
      rest: '/a/..%2fb/%2e%2e/c?d=../..',
    });
  });

  it.each(['//@scope%2fpackage', '//My%20Files/a', '//app.example.org:x/', `//other.example/outpost.goauthentik.io/x`])(
    'may be that of a path that begins with two slashes, such as %j',
    (rest) => {
      for (const kind of ['nginx', 'traefik', 'caddy'] as const)
        expect(addressOf(kind, `${PATH}/${kind}`, rest)).toEqual({ origin: 'https://app.example.org', rest });
      expect(addressOf('envoy', `${PATH}/envoy${rest}`)).toMatchObject({ rest });
    },
  );
});
