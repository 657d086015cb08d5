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
  ])('is read only from a Referer with a flow page of this host, here %s', (referer, page) => {
    expect(refererPage(referer, 'id.example')).toEqual(page);
  });
});

describe('an anonymous visitor who cancels', () => {
  it.each<[string, Partial<Cancellation>, string]>([
    ['starts the flow again', left('login'), '/if/flow/login/'],
    ['keeps next', left('login', { next: '/app?a=b' }), '/if/flow/login/?next=%2Fapp%3Fa%3Db'],
    ['keeps the query', left('enrol', { query: { itoken: 'x' }, next: '/' }), '/if/flow/enrol/?itoken=x&next=%2F'],
    [
      'loses the proposed username (login_hint)',
      left('login', { query: { login_hint: 'mallory', x: '1' } }),
      '/if/flow/login/?x=1',
    ],
    ['keeps no next that leads to another site', left('login', { next: '//evil.example' }), '/if/flow/login/'],
    ['keeps the cross-site mark', left('login', { cross_site: { token: 't' } }), '/if/flow/login/?cross_site=1'],
    [
      'starts a denied flow again',
      { cancelled: { slug: 'login', plan: endPlan(plan(), { denied: { text: '' } }) } },
      '/if/flow/login/',
    ],
    ['is sent to the logout if no plan and no page are known', {}, LOGOUT],
    [
      'is sent to the logout if the flow is finished',
      { cancelled: { slug: 'login', plan: endPlan(plan(), { to: '/' }) } },
      LOGOUT,
    ],
    [
      'is sent to the login instead of a flow that was started with additional steps',
      left('source', { begun: { context: {}, insert }, next: '/app' }),
      '/flows/-/default/authentication/?next=%2Fapp',
    ],
  ])('%s', (_, more, to) => {
    expect(cancelDestination({ ...anonymous, ...more })).toBe(to);
  });

  it.each<[string, Partial<Cancellation>, string]>([
    [
      'gets the next of the cancel link if the plan has none',
      { ...left('login'), next: '/app' },
      '/if/flow/login/?next=%2Fapp',
    ],
    [
      'keeps the next of the plan rather than that of the cancel link',
      { ...left('login', { next: '/own' }), next: '/app' },
      '/if/flow/login/?next=%2Fown',
    ],
    ['keeps the next of the cancel link at the logout if there is no plan', { next: '/app' }, `${LOGOUT}?next=%2Fapp`],
    [
      'loses a next of the cancel link that leads to another site',
      { ...left('login'), next: '//evil.example' },
      '/if/flow/login/',
    ],
    ['loses a next of the cancel link that is a script URL', { next: 'javascript:alert(1)' }, LOGOUT],
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
      'is logged out, and then redirected to the start of the flow',
      left('settings', { next: '/app' }),
      `${LOGOUT}?next=%2Fif%2Fflow%2Fsettings%2F%3Fnext%3D%252Fapp`,
    ],
    [
      'loses the proposed username (login_hint)',
      left('settings', { query: { login_hint: 'mallory' } }),
      `${LOGOUT}?next=%2Fif%2Fflow%2Fsettings%2F`,
    ],
    [
      'is logged out only once if the cancelled flow is the logout flow',
      left('bye', { next: '/app' }),
      `${LOGOUT}?next=%2Fapp`,
    ],
    [
      'is not redirected back to a flow that was started with additional steps',
      left('consent', { begun: { context: {}, insert } }),
      LOGOUT,
    ],
    ['is logged out if there is no plan', {}, LOGOUT],
    [
      'stays logged in and is redirected to / if the user only refuses the request of an application or device',
      { ...left('settings'), stays: true },
      '/',
    ],
  ])('%s', (_, more, to) => {
    expect(cancelDestination({ ...user, ...more })).toBe(to);
  });
});
