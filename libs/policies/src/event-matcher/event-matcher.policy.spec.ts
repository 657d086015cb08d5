import { expect, it } from 'vitest';
import { policyInput, policyRequestOf } from '../../testing/index.js';
import { eventMatcherContract } from './event-matcher.contract.js';
import { EventMatcherPolicy } from './event-matcher.policy.js';

const event = {
  ...{ action: 'login', client_ip: '203.0.113.7', app: 'authentik.core' },
  context: { model: { app: 'authentik_core', model_name: 'user' } },
};
const ask = (
  config: object,
  context: Record<string, unknown> = { event },
  api_version: '2024.8' | '2026.8' = '2024.8',
) =>
  new EventMatcherPolicy().evaluate(
    policyInput(eventMatcherContract, {
      config: { ...config },
      request: { context, site: { ...policyRequestOf().site, api_version } },
    }),
  );

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
])('in 2024.8, one matching criterion is enough: %j', (config, pass, messages) => {
  expect(ask(config)).toEqual({ pass, messages });
});

it.each([
  [{ action: 'login', client_ip: '203.0.113.7' }, true, ['Action matched.', 'Client IP matched.']],
  [{ action: 'login', client_ip: '203.0.113.8' }, false, ['Action matched.', 'Client IP matched.']],
  [{ action: 'login', query: 'context.model.app = "authentik_core"' }, true, ['Action matched.', 'Query matched.']],
  [{ query: 'context.model.app = "other"' }, false, ['Query matched.']],
  [{}, false, []],
])('in 2026.8, all criteria must match: %j', (config, pass, messages) => {
  expect(ask(config, { event }, '2026.8')).toEqual({ pass, messages });
});

it('an event matcher does not pass without an event', () => {
  expect(ask({ action: 'login' }, {})).toEqual({ pass: false });
});

it('a config needs a criterion, and a query that can be parsed', () => {
  expect(eventMatcherContract.validate?.({ action: null })).toHaveProperty('non_field_errors');
  expect(eventMatcherContract.validate?.({ action: 'login' })).toEqual({});
  expect(eventMatcherContract.validate?.({ query: 'action = "login"' })).toEqual({});
  expect(eventMatcherContract.validate?.({ query: 'action = login' })).toEqual({
    query: [{ text: 'Invalid query: "login" is not a value. Write texts in quotation marks.' }],
  });
});
