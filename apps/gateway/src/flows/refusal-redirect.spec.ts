import type { FlowResponse } from '@gatehouse/executor';
import { describe, expect, it } from 'vitest';
import { refusalRedirect } from './refusal-redirect.js';

const brand = { flowsByPurpose: { authentication: 'login' } };

function redirectAfter(
  reason: string,
  page: Partial<Parameters<typeof refusalRedirect>[1]>,
  designation = 'stage_configuration',
) {
  const version = { flow: { designation } };
  const response = { result: { type: 'denied', message: undefined, reason }, version } as unknown as FlowResponse;
  return refusalRedirect(response, { slug: 'settings', query: {}, brand, ...page });
}

/** Returns the path to which a login returns (`next`). */
const returnPathOf = (path: string | undefined) =>
  path && new URLSearchParams(path.replace('/flows/-/default/authentication/?', '')).get('next');

describe('an anonymous visitor of a flow for users', () => {
  it('is redirected to the login and back with the query, but without the token of a mailed link', () => {
    const query = { next: '/app?a=b&c', theme: 'dark', flow_token: 'secret' };

    expect(returnPathOf(redirectAfter('login_required', { query }))).toBe(
      '/if/flow/settings/?next=%2Fapp%3Fa%3Db%26c&theme=dark&after_login=1',
    );
  });

  it.each([
    ['returns from the login still anonymous', { query: { after_login: '1' } }],
    ['opens the login flow itself', { slug: 'login' }],
    ['opens a brand without a login flow', { brand: { flowsByPurpose: {} } }],
  ])('is not redirected and sees the refusal if the visitor %s', (_case, page) => {
    expect(redirectAfter('login_required', page)).toBeUndefined();
  });
});

describe('a user who opens a flow for anonymous visitors', () => {
  it.each([
    ['/app', '/app'],
    ['/if/flow/leave/', '/if/flow/leave/?cross_site=1'],
    ['//evil.example', '/'],
    ['https://evil.example/', '/'],
    ['/\\evil.example', '/'],
    ['/路', '/%E8%B7%AF'],
  ])('is redirected from a login to its destination, or to / if that is no path of this site: %s', (next, path) => {
    expect(redirectAfter('logged_in', { query: { next } }, 'authentication')).toBe(path);
  });

  it('is not redirected from a flow that is no login', () => {
    expect(redirectAfter('logged_in', { query: { next: '/app' } }, 'enrollment')).toBeUndefined();
  });
});

it('a visitor whom a flow refuses for another reason is not redirected', () => {
  expect(redirectAfter('too_many_attempts', {}, 'authentication')).toBeUndefined();
});
