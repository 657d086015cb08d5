import { expect, it } from 'vitest';
import { flowOf, priorityOf } from './priority.js';

const executor = '/api/v3/flows/executor/login/?query=';
const session = { cookie: `a=b; authentik_session=${'k'.repeat(43)}` };

it.each([
  ['a request without a session', 'new', { method: 'GET', url: executor, headers: {} }],
  ['an answer without a session', 'new', { method: 'POST', url: executor, headers: { cookie: 'a=b' } }],
  ['a GET of a running login', 'look', { method: 'GET', url: executor, headers: session }],
  ['an answer of a running login', 'answer', { method: 'POST', url: executor, headers: session }],
  [
    'an answer with the __Host- session cookie',
    'answer',
    { method: 'POST', url: executor, headers: { cookie: '__Host-authentik_session=k' } },
  ],
  [
    'a GET with an API token',
    'look',
    { method: 'GET', url: '/api/v3/core/users/me/', headers: { authorization: 'Bearer k' } },
  ],
  ['a probe', undefined, { method: 'GET', url: '/-/health/live/', headers: {} }],
  ['an icon', undefined, { method: 'GET', url: '/favicon.ico', headers: {} }],
  ['a file of a page', undefined, { method: 'GET', url: '/static/pages/client.js', headers: {} }],
])('%s has the priority %s', (_what, priority, request) => {
  expect(priorityOf(request)).toBe(priority);
});

it.each([
  ['login', executor],
  ['login', '/if/flow/login/?next=/'],
  [undefined, '/api/v3/core/users/me/'],
  [undefined, '/if/flow/'],
])('the flow of a request is %s for the URL %s', (flow, url) => {
  expect(flowOf({ url, method: 'GET', headers: {} })).toBe(flow);
});
