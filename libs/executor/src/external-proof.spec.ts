import type { StageReply } from '@gatehouse/contracts';
import { ALICE, challengeReply, DEFAULT_REPLIES, executorHarness, flowOf } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';

/** Runs a flow with an external stage before a page, and answers the stage. */
async function runOf(kind: string, reply: StageReply) {
  const { solve, plans, violations } = executorHarness(flowOf([{ kind: 'ident' }, { kind }, { kind: 'page' }]), {
    ...DEFAULT_REPLIES,
    [`${kind}.challenge`]: challengeReply(),
    [`${kind}.respond`]: reply,
  });
  await solve({ uid: 'alice' });
  const { result } = await solve({ pin: '1' });
  return { result, violations, plan: plans.plan };
}

describe('the claim of an external stage that it proves the user', () => {
  it('leaves the plan as it would be without the claim', async () => {
    const [claimed, modest] = await Promise.all(
      ['x_acme_proof', 'x_acme_pin'].map((kind) => runOf(kind, { type: 'passed' })),
    );
    const sameIds = (value: unknown) => JSON.stringify(value).replaceAll('x_acme_proof', 'x_acme_pin');
    expect(claimed?.plan?.context).toEqual({ pending_user: ALICE });
    expect(sameIds({ ...claimed?.plan, id: '', trail: [] })).toBe(sameIds({ ...modest?.plan, id: '', trail: [] }));
  });

  it.each<[string, Omit<Extract<StageReply, { type: 'passed' }>, 'type'>]>([
    ['verify the password', { verified: ['password'] }],
    ['verify its own credential, whose attempts it does not declare', { verified: ['x_acme_proof'] }],
    ['say that the user is verified', { context: { verified_user: ALICE.uuid } }],
    ['say how the user was authenticated', { context: { auth_method: 'password' } }],
    ['name the devices that were proved', { context: { enrolled_devices: ['totp:1'] } }],
    ['report a consent', { consented: true }],
  ])('does not allow the stage to %s', async (_what, reply) => {
    const { result, violations } = await runOf('x_acme_proof', { type: 'passed', ...reply });
    expect(result).toMatchObject({ type: 'problem', problem: { code: 'stage_fault' } });
    expect(violations).toHaveLength(1);
  });

  it('does not count as a recent proof for a change of credentials', async () => {
    const { show, solve, plans } = executorHarness(flowOf([{ kind: 'x_acme_proof' }, { kind: 'set_up' }]), {
      ...DEFAULT_REPLIES,
      'x_acme_proof.challenge': challengeReply(),
      'x_acme_proof.respond': { type: 'passed' },
    });
    plans.session = {
      ...{ id: 's', retired: false, remainingS: undefined },
      user: { ...ALICE, is_superuser: false, debug: false },
    };
    await show();
    expect((await solve({ pin: '1' })).result).toMatchObject({ type: 'problem', problem: { code: 'proof_required' } });
  });
});
