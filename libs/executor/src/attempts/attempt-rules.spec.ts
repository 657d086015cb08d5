import type { StageReply } from '@gatehouse/contracts';
import {
  ALICE,
  challengeReply,
  DEFAULT_REPLIES,
  executorHarness,
  flowOf,
  type ScriptedReply,
} from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';
import type { AttemptReservation } from './attempt-store.js';

const REFUSED: StageReply = { type: 'rejected', errors: { pin: [{ code: 'wrong' }] }, challenge: {} };

/**
 * Returns a harness of a flow in which ALICE answers an external stage. It records the attempts that saves reset and
 * release.
 */
async function flowWith(kind: string, reply: ScriptedReply) {
  const harness = executorHarness(flowOf([{ kind: 'ident' }, { kind }, { kind: 'page' }]), {
    ...DEFAULT_REPLIES,
    [`${kind}.challenge`]: challengeReply(),
    [`${kind}.respond`]: reply,
  });
  const settled = { reset: [] as string[], released: [] as string[] };
  const { plans } = harness;
  const save = plans.save.bind(plans);
  const names = (attempts: readonly AttemptReservation[]) =>
    attempts.map(({ credential, counter = credential }) => counter.replace(/:\w+$/, ''));
  plans.save = (commit) => {
    settled.reset.push(...names(commit.reset));
    settled.released.push(...names(commit.released));
    return save(commit);
  };
  await harness.solve({ uid: 'alice' });
  return { ...harness, settled, counted: () => names(harness.attempts.reserved) };
}

const OWN = ['x_acme_pin', 'x_acme_pin network'];

describe('answers to an external stage whose contract declares no attempts', () => {
  it.each([{ pin: '1' }, { hint: 'x' }, { pin: false, component: 'x-acme-pin' }, { pin: {}, hint: '' }])(
    'are counted as guesses at a credential that is named like the stage: %j',
    async (body) => {
      const { solve, counted, settled, attempts } = await flowWith('x_acme_pin', REFUSED);
      await solve(body);
      expect(counted()).toEqual([...OWN, 'network']);
      expect(attempts.reserved[1]).toMatchObject({ free: 5, hard: undefined, daily: 20 });
      expect(settled).toEqual({ reset: [], released: [] });
    },
  );

  it.each([{}, { pin: '', hint: null }, { component: 'x-acme-pin', other: 'x' }])(
    'are not counted if all response fields of the stage are empty or missing: %j',
    async (body) => {
      const { solve, counted } = await flowWith('x_acme_pin', REFUSED);
      await solve(body);
      expect(counted()).toEqual([]);
    },
  );

  it('reserve attempts before the stage judges them, so that concurrent guesses cannot exceed the limit', async () => {
    const judging: string[][] = [];
    const { solve, counted } = await flowWith('x_acme_pin', () => {
      judging.push(counted());
      return REFUSED;
    });
    await solve({ pin: '1' });
    expect(judging).toEqual([[...OWN, 'network']]);
  });

  it.each<[string, StageReply, 'reset' | 'released' | undefined]>([
    ['rejected', REFUSED, undefined],
    ['denied', { type: 'denied' }, undefined],
    ['rejected with another failed credential', { ...REFUSED, failed: ['pin'] } as StageReply, undefined],
    ['rejected with an empty list of failed credentials', { ...REFUSED, failed: [] } as StageReply, 'released'],
    ['denied with an empty list of failed credentials', { type: 'denied', failed: [] }, 'released'],
    ['answered with a new challenge', { type: 'challenge', challenge: {}, state: { resent: true } }, 'released'],
    ['passed', { type: 'passed' }, 'reset'],
  ])('keep, release or reset their attempts when they are %s', async (_what, reply, settlement) => {
    const { solve, settled } = await flowWith('x_acme_pin', reply);
    await solve({ pin: '1' });
    const own = { reset: [] as string[], released: [] as string[], ...(settlement && { [settlement]: OWN }) };
    const network = settlement ? ['network'] : [];
    expect(settled).toEqual({ ...own, released: [...own.released, ...network] });
  });

  it('prove no credential when they pass, and a reply that lists one as verified is refused', async () => {
    const passes = await flowWith('x_acme_pin', { type: 'passed' });
    expect((await passes.solve({ pin: '1' })).result).toMatchObject({ type: 'show', challenge: { page: true } });
    expect(passes.plans.plan).toMatchObject({ context: { pending_user: ALICE } });
    expect(passes.plans.plan).not.toHaveProperty('proved_user');

    const { solve, violations } = await flowWith('x_acme_pin', { type: 'passed', verified: ['x_acme_pin'] });
    expect((await solve({ pin: '1' })).result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(violations).toEqual(['verifies x_acme_pin, which its contract does not list']);
  });

  it.each<[string, StageReply, object]>([
    ['rejects', REFUSED, { type: 'show', errors: { pin: [{ code: 'not_accepted' }] } }],
    ['passes', { type: 'passed' }, { type: 'denied' }],
  ])(
    'reach a stage that %s, without the guess, while the credential is delayed or locked',
    async (_what, reply, result) => {
      const { solve, attempts, stages } = await flowWith('x_acme_pin', reply);
      attempts.result = { reserved: false, network: false, retryAfterS: 8 };
      expect((await solve({ pin: '1', hint: 'x' })).result).toMatchObject(result);
      expect(stages.requests.at(-1)?.response).toEqual({});
    },
  );

  it('cause the event login_locked when they lock the credential', async () => {
    const { solve, attempts, plans } = await flowWith('x_acme_pin', REFUSED);
    const reserve = attempts.reserve.bind(attempts);
    attempts.reserve = async (reservations) =>
      reserve(reservations.map((r) => ({ ...r, locks: r.hard !== undefined })));
    plans.session = {
      ...{ id: 's', retired: false, remainingS: undefined },
      user: { ...ALICE, is_superuser: false, debug: false },
    };
    // The login has replaced the plan.
    await solve({ uid: 'alice' });
    await solve({ pin: '1' });
    expect(plans.savedEffects).toMatchObject([
      { type: 'event', action: 'login_locked', context: { credential: 'x_acme_pin', failures: 50, username: 'alice' } },
    ]);
  });
});

it('answers to an external stage whose contract declares no guesses are not counted', async () => {
  const { solve, counted } = await flowWith('x_acme_terms', REFUSED);
  await solve({ accept: false });
  expect(counted()).toEqual([]);
});
