import type { FlowResponse } from '@gatehouse/executor';
import { describe, expect, it } from 'vitest';
import { wayOn } from './way-on.js';

const brand = { flowsByPurpose: { authentication: 'login' } };

function wayAfter(reason: string, page: Partial<Parameters<typeof wayOn>[1]>, designation = 'stage_configuration') {
  const version = { flow: { designation } };
  const response = { result: { type: 'denied', message: undefined, reason }, version } as unknown as FlowResponse;
  return wayOn(response, { slug: 'settings', query: {}, brand, ...page });
}

/** Returns the path to which a login leads back. */
const leadsBackTo = (path: string | undefined) =>
  path && new URLSearchParams(path.replace('/flows/-/default/authentication/?', '')).get('next');

describe('an anonymous visitor of a flow for users', () => {
  it('is led to the login and back with the query, but without the token of a mailed link', () => {
    const query = { next: '/app?a=b&c', theme: 'dark', flow_token: 'secret' };

    expect(leadsBackTo(wayAfter('login_required', { query }))).toBe(
      '/if/flow/settings/?next=%2Fapp%3Fa%3Db%26c&theme=dark&after_login=1',
    );
  });

  it.each([
    ['comes back from the login still anonymous', { query: { after_login: '1' } }],
    ['is at the login flow itself', { slug: 'login' }],
    ['is at a brand without a login flow', { brand: { flowsByPurpose: {} } }],
  ])('is led nowhere and sees the refusal if the visitor %s', (_case, page) => {
    expect(wayAfter('login_required', page)).toBeUndefined();
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
  ])('is led from a login to its destination, if that is a path of this site: %s', (next, path) => {
    expect(wayAfter('logged_in', { query: { next } }, 'authentication')).toBe(path);
  });

  it('sees the choice between the account and a logout at any other flow', () => {
    expect(wayAfter('logged_in', { query: { next: '/app' } }, 'enrollment')).toBeUndefined();
  });
});

it('leads nowhere for any other reason', () => {
  expect(wayAfter('too_many_attempts', {}, 'authentication')).toBeUndefined();
});
