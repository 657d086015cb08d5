import { createPlan, endPlan, type FlowVersion, type Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { cancelDestination, refererPage } from './cancel-destination.js';

const VERSION = { steps: [] } as unknown as FlowVersion;
const plan = (more: Partial<Plan> = {}): Plan => ({ ...createPlan(VERSION, 'p'), ...more });
const insert = { where: 'last' as const, steps: [{ kind: 'device_code_finish', config: {} }] };

type Cancellation = Parameters<typeof cancelDestination>[0];
const anonymous: Cancellation = {
  page: undefined,
  cancelled: undefined,
  isLoggedIn: false,
  stays: false,
  logout: 'bye',
};
const user: Cancellation = { ...anonymous, isLoggedIn: true };
const left = (slug: string, more: Partial<Plan> = {}) => ({ cancelled: { slug, plan: plan(more) } });
const LOGOUT = '/flows/-/default/invalidation/';

describe('the page that a visitor has left', () => {
  it.each([
    ['https://id.example/if/flow/login/?next=%2Fapp&x=1', { slug: 'login', query: { next: '/app', x: '1' } }],
    ['https://id.example/if/flow/login/', { slug: 'login', query: {} }],
    ['https://evil.example/if/flow/login/?next=%2Fapp', undefined],
    ['https://id.example/if/flow/a/b/', undefined],
    ['https://id.example/if/user/', undefined],
    ['no address', undefined],
    [undefined, undefined],
  ])('is read from the Referer %s', (referer, page) => {
    expect(refererPage(referer, 'id.example')).toEqual(page);
  });
});

describe('an anonymous visitor who cancels', () => {
  it.each<[string, Partial<Cancellation>, string]>([
    ['starts the flow again', left('login'), '/if/flow/login/'],
    ['keeps next', left('login', { next: '/app?a=b' }), '/if/flow/login/?next=%2Fapp%3Fa%3Db'],
    ['keeps the query', left('enrol', { query: { itoken: 'x' }, next: '/' }), '/if/flow/enrol/?itoken=x&next=%2F'],
    ['is asked for a name again', left('login', { query: { login_hint: 'mallory', x: '1' } }), '/if/flow/login/?x=1'],
    ['keeps no next that leads to another site', left('login', { next: '//evil.example' }), '/if/flow/login/'],
    ['keeps the mark of another site', left('login', { cross_site: { token: 't' } }), '/if/flow/login/?cross_site=1'],
    [
      'starts a denied flow again',
      { cancelled: { slug: 'login', plan: endPlan(plan(), { denied: { text: '' } }) } },
      '/if/flow/login/',
    ],
    ['logs out, as before, without a plan and a page', {}, LOGOUT],
    ['leaves a finished flow', { cancelled: { slug: 'login', plan: endPlan(plan(), { to: '/' }) } }, LOGOUT],
    [
      'logs in again instead of starting a flow that a source has begun',
      left('source', { begun: { context: {}, insert }, next: '/app' }),
      '/flows/-/default/authentication/?next=%2Fapp',
    ],
  ])('%s', (_, more, to) => {
    expect(cancelDestination({ ...anonymous, ...more })).toBe(to);
  });

  it.each<[string, Partial<Cancellation>, string]>([
    ['keeps the next of the link', { ...left('login'), next: '/app' }, '/if/flow/login/?next=%2Fapp'],
    [
      'prefers the next of the plan',
      { ...left('login', { next: '/own' }), next: '/app' },
      '/if/flow/login/?next=%2Fown',
    ],
    ['keeps it without a plan', { next: '/app' }, `${LOGOUT}?next=%2Fapp`],
    ['keeps no next to another site', { ...left('login'), next: '//evil.example' }, '/if/flow/login/'],
    ['keeps no script URL', { next: 'javascript:alert(1)' }, LOGOUT],
  ])('%s', (_, more, to) => {
    expect(cancelDestination({ ...anonymous, ...more })).toBe(to);
  });

  it('starts the flow of the page again if its plan has ended or expired', () => {
    const page = { slug: 'login', query: { next: '/app', flow_token: 'secret', x: '1' } };
    const denied = { slug: 'login', plan: endPlan(plan(), { denied: { text: '' } }) };
    for (const cancelled of [undefined, denied])
      expect(cancelDestination({ ...anonymous, page, cancelled })).toBe('/if/flow/login/?x=1&next=%2Fapp');
    for (const next of ['//evil.example', 'https://evil.example/', '/\\evil.example', 'javascript:alert(1)'])
      expect(cancelDestination({ ...anonymous, page: { slug: 'login', query: { next } } })).toBe('/if/flow/login/');
  });
});

describe('a logged-in user who cancels', () => {
  it.each<[string, Partial<Cancellation>, string]>([
    [
      'logs out, and comes back to the flow',
      left('settings', { next: '/app' }),
      `${LOGOUT}?next=%2Fif%2Fflow%2Fsettings%2F%3Fnext%3D%252Fapp`,
    ],
    [
      'comes back without the proposed name',
      left('settings', { query: { login_hint: 'mallory' } }),
      `${LOGOUT}?next=%2Fif%2Fflow%2Fsettings%2F`,
    ],
    ['logs out only once in the flow that logs out', left('bye', { next: '/app' }), `${LOGOUT}?next=%2Fapp`],
    [
      'does not come back to the authorization of a device',
      left('consent', { begun: { context: {}, insert } }),
      LOGOUT,
    ],
    ['logs out without a plan', {}, LOGOUT],
    ['stays logged in, and leaves the flow, if the user only refuses', { ...left('settings'), stays: true }, '/'],
  ])('%s', (_, more, to) => {
    expect(cancelDestination({ ...user, ...more })).toBe(to);
  });
});
