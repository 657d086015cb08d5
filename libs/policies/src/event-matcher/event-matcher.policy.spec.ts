import { expect, it } from 'vitest';
import { policyInput } from '../../testing/index.js';
import { eventMatcherContract } from './event-matcher.contract.js';
import { EventMatcherPolicy } from './event-matcher.policy.js';

const event = {
  ...{ action: 'login', client_ip: '203.0.113.7', app: 'authentik.core' },
  context: { model: { app: 'authentik_core', model_name: 'user' } },
};
const ask = (config: object, context: Record<string, unknown> = { event }) =>
  new EventMatcherPolicy().evaluate(policyInput(eventMatcherContract, { config: { ...config }, request: { context } }));

it.each([
  [{ action: 'login' }, true, ['Action matched.']],
  [{ action: 'logout' }, false, ['Action matched.']],
  [{ model: 'authentik_core.user' }, true, ['Model matched.']],
  [
    { action: 'logout', client_ip: '203.0.113.7', app: 'x' },
    true,
    ['Action matched.', 'Client IP matched.', 'App matched.'],
  ],
  [{}, false, []],
])('evaluates %j', (config, pass, messages) => {
  expect(ask(config)).toEqual({ pass, messages });
});

it('does not pass without an event', () => {
  expect(ask({ action: 'login' }, {})).toEqual({ pass: false });
});

it('refuses a config without a criterion', () => {
  expect(eventMatcherContract.validate?.({ action: null })).toHaveProperty('non_field_errors');
  expect(eventMatcherContract.validate?.({ action: 'login' })).toEqual({});
});
