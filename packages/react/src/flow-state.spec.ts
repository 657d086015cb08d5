import type { Challenge, ChallengeResponse, FlowResult } from '@gatehouse/client';
import { expect, it } from 'vitest';
import { INITIAL, reduceFlow } from './flow-state.js';

const shown = (challenge: object, more: object = {}): FlowResult => ({
  kind: 'challenge',
  challenge: challenge as Challenge,
  ...more,
});
const PASSWORD = { component: 'ak-stage-password' };
const REFUSED = { ...PASSWORD, response_errors: {} };

/** Returns the number of the step that is shown after each result. */
function stepsOf(...results: FlowResult[]): number[] {
  let state = INITIAL;
  return results.map((result) => {
    state = reduceFlow(reduceFlow(state, { kind: 'sent' }), { kind: 'replied', result });
    return state.step;
  });
}

it('a refused or interrupted response keeps the step, so that its form keeps its input', () => {
  const interrupted = shown(PASSWORD, { step: 'one', interrupted: 'unavailable' });

  expect(stepsOf(shown(PASSWORD), shown(REFUSED, { step: 'one' }), interrupted)).toEqual([1, 1, 1]);
});

const VALIDATE = { component: 'ak-stage-authenticator-validate' } as const;
const PHONE = { device_class: 'sms', device_uid: '1', challenge: {}, last_used: null } as const;
const CHOICE = { ...VALIDATE, selected_challenge: PHONE };

it.each([
  { what: 'the choice of a device keeps the step', step: 1 },
  { what: 'a code of the chosen device begins another step', answer: { code: '123456' }, step: 2 },
  { what: 'the choice of a device in an expired run begins another step', more: { restarted: true }, step: 2 },
])('$what', ({ answer, more, step }) => {
  const response: ChallengeResponse = { ...CHOICE, ...answer };
  const before = reduceFlow(INITIAL, { kind: 'replied', result: shown(VALIDATE) });

  expect(reduceFlow(before, { kind: 'replied', result: shown(VALIDATE, more), response }).step).toBe(step);
});

it('an equal challenge of another step after an interruption begins another step', () => {
  const other = shown(PASSWORD, { step: 'two', interrupted: 'unavailable' });

  expect(stepsOf(shown(PASSWORD, { step: 'one' }), other)).toEqual([1, 2]);
});

it.each([
  ['another component', shown({ component: 'ak-stage-dummy', response_errors: {} })],
  ['a second challenge of the same component', shown(PASSWORD)],
  ['the end of the flow', { kind: 'redirect', to: '/' } as const],
])('%s begins another step', (_what, result) => {
  expect(stepsOf(shown(PASSWORD), result)).toEqual([1, 2]);
});

it('the flow is pending until the reply, even while the client waits for the service', () => {
  const wait = { reason: 'service', seconds: 1, failures: 1 } as const;
  const waiting = reduceFlow(reduceFlow(INITIAL, { kind: 'sent' }), { kind: 'waits', wait });
  expect(waiting).toMatchObject({ pending: true, waiting: wait });
  const replied = reduceFlow(waiting, { kind: 'replied', result: shown(PASSWORD) });

  expect(replied).toMatchObject({ pending: false, waiting: undefined });
});

it('a new run resets the state', () => {
  const state = reduceFlow(INITIAL, { kind: 'replied', result: shown(PASSWORD) });

  expect(reduceFlow(state, { kind: 'started' })).toEqual(INITIAL);
});
