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

/** Returns the number of the step after each result. */
function stepsOf(...results: FlowResult[]): number[] {
  let state = INITIAL;
  return results.map((result) => {
    state = reduceFlow(reduceFlow(state, { kind: 'sent' }), { kind: 'replied', result });
    return state.step;
  });
}

it('keeps the step of a refused or interrupted response, so that its form keeps its input', () => {
  const interrupted = shown(PASSWORD, { step: 'one', interrupted: 'unavailable' });

  expect(stepsOf(shown(PASSWORD), shown(REFUSED, { step: 'one' }), interrupted)).toEqual([1, 1, 1]);
});

const VALIDATE = { component: 'ak-stage-authenticator-validate' } as const;
const PHONE = { device_class: 'sms', device_uid: '1', challenge: {}, last_used: null } as const;
const CHOICE = { ...VALIDATE, selected_challenge: PHONE };

it.each([
  { what: 'keeps the step when a device is chosen', step: 1 },
  { what: 'begins another step after a code of the chosen device', answer: { code: '123456' }, step: 2 },
  { what: 'begins another step when a device is chosen in a run that has expired', more: { restarted: true }, step: 2 },
])('$what', ({ answer, more, step }) => {
  const response: ChallengeResponse = { ...CHOICE, ...answer };
  const before = reduceFlow(INITIAL, { kind: 'replied', result: shown(VALIDATE) });

  expect(reduceFlow(before, { kind: 'replied', result: shown(VALIDATE, more), response }).step).toBe(step);
});

it('begins another step when an equal challenge after an interruption belongs to another step', () => {
  const other = shown(PASSWORD, { step: 'two', interrupted: 'unavailable' });

  expect(stepsOf(shown(PASSWORD, { step: 'one' }), other)).toEqual([1, 2]);
});

it.each([
  ['another component', shown({ component: 'ak-stage-dummy', response_errors: {} })],
  ['a second challenge of the same component', shown(PASSWORD)],
  ['the end of the flow', { kind: 'redirect', to: '/' } as const],
])('begins another step with %s', (_what, result) => {
  expect(stepsOf(shown(PASSWORD), result)).toEqual([1, 2]);
});

it('is pending until the reply, also while the client waits for the service', () => {
  const wait = { reason: 'service', seconds: 1, failures: 1 } as const;
  const waiting = reduceFlow(reduceFlow(INITIAL, { kind: 'sent' }), { kind: 'waits', wait });
  expect(waiting).toMatchObject({ pending: true, waiting: wait });
  const replied = reduceFlow(waiting, { kind: 'replied', result: shown(PASSWORD) });

  expect(replied).toMatchObject({ pending: false, waiting: undefined });
});

it('forgets everything when another run is started', () => {
  const state = reduceFlow(INITIAL, { kind: 'replied', result: shown(PASSWORD) });

  expect(reduceFlow(state, { kind: 'started' })).toEqual(INITIAL);
});
