import type { StageReply } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import type { AttemptReservation, AttemptStore } from '../src/attempts/attempt-store.js';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { InMemoryAttemptStore } from '../testing/in-memory-stores.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const inside = (id: string, kind: string) => ({ id, name: id, kind, model: 'm', config: {} });
const attached = { a: inside('a', 'secret'), k: inside('k', 'prover') };
const flow = flowOf([{ kind: 'porch', config: { inner: 'a', keys: 'k' } }, { kind: 'page' }], attached);
const key = { signed: 'yes' };

const asked = {
  type: 'challenge',
  challenge: { list: ['xyz'] },
  state: { drawn: 'xyz' },
} as const satisfies StageReply;
const script = {
  ...DEFAULT_REPLIES,
  'porch.challenge': challengeReply({ who: true }),
  'porch.respond': { type: 'passed', context: { pending_user: { ...ALICE, backend: 'key' } } },
  'prover.challenge': asked,
  'prover.respond': {
    type: 'passed',
    context: { pending_user: ALICE, verified_user: ALICE.uuid, auth_method: 'by_key' },
    verified: ['key'],
  },
} satisfies Record<string, StageReply>;
const refusal = (code: string): StageReply => ({
  ...{ type: 'rejected', errors: { proof: [{ code }] }, challenge: { list: ['new'] }, failed: ['key'] },
});

describe('an embedded stage that is an alternative to the other embedded stages', () => {
  it('shows the part of its challenge that the host selects', async () => {
    const { show } = executorHarness(flow, script);

    expect((await show()).result).toMatchObject({ challenge: { who: true, keys: ['xyz'] } });
  });

  it('judges an answer with its field before the host does, and the other embedded stages do not', async () => {
    const { show, solve, stages, plans } = executorHarness(flow, script);
    await show();
    stages.hops.length = 0;

    expect((await solve({ key })).result).toMatchObject({ challenge: { page: true } });
    expect(stages.hops).toEqual(['prover.respond', 'porch.respond', 'page.challenge']);
    expect(stages.requests.at(-3)).toMatchObject({ state: { drawn: 'xyz' }, response: { proof: key } });
    expect(plans.plan?.context).toEqual({
      pending_user: { ...ALICE, backend: 'key' },
      ...{ verified_user: ALICE.uuid, auth_method: 'by_key' },
    });
  });

  it('gives the host its facts, but not the proof that the visitor sent', async () => {
    const { solve, stages } = executorHarness(flow, script);
    await solve({ key });

    const { context, response } = stages.requests.findLast((_, i) => stages.hops[i] === 'porch.respond') ?? {};
    expect(context).toEqual({ pending_user: ALICE, verified_user: ALICE.uuid });
    expect(response).toEqual({ key: {} });
  });

  it.each([undefined, null, ''])('does not judge an answer in which its own field is %j', async (value) => {
    const { solve, stages } = executorHarness(flow, script);
    await solve({ uid: 'alice', password: 'hunter2', ...(value !== undefined && { key: value }) });

    expect(stages.hops.filter((hop) => hop.endsWith('respond'))).toEqual(['porch.respond', 'secret.respond']);
  });

  it('does not get the pending user of the plan', async () => {
    const steps = [{ kind: 'ident' }, { kind: 'porch', config: { keys: 'k' } }, { kind: 'page' }];
    const { solve, stages, plans } = executorHarness(flowOf(steps, attached), {
      ...script,
      'ident.respond': {
        type: 'passed',
        context: { pending_user: { kind: 'pretended', username: 'ghost', email: 'ghost' } },
      },
    });
    await solve({ uid: 'ghost' });
    expect((await solve({ key })).result).toMatchObject({ challenge: { page: true } });

    const toProver = stages.requests.filter((_, i) => stages.hops[i]?.startsWith('prover'));
    expect(toProver.map(({ context }) => context)).toEqual([{}, {}]);
    expect(plans.plan?.context.pending_user).toMatchObject(ALICE);
  });

  it('does not get the facts about how another user was authenticated earlier in the plan', async () => {
    const steps = [{ kind: 'ident' }, { kind: 'porch', config: { keys: 'k' } }, { kind: 'page' }];
    const { solve, stages } = executorHarness(flowOf(steps, attached), {
      ...script,
      'ident.respond': {
        type: 'passed',
        context: {
          pending_user: { ...ALICE, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e', username: 'bob' },
          auth_method: 'password',
          auth_method_args: { mfa_devices: [{ model_name: 'totpdevice' }] },
        },
      },
    });
    await solve({ uid: 'bob' });
    await solve({ key });

    const toProver = stages.requests.filter((_, i) => stages.hops[i]?.startsWith('prover'));
    expect(toProver.map(({ context }) => context)).toEqual([{}, {}]);
  });

  it.each([
    ['the error that the host maps its error code to', 'unknown_key', 'bad_key'],
    ['the general error of the host for any other code', 'other', 'wrong'],
  ])('is refused with %s', async (_, code, shown) => {
    const { solve, stages, plans } = executorHarness(flow, { ...script, 'prover.respond': refusal(code) });

    expect((await solve({ key })).result).toMatchObject({
      challenge: { who: true },
      errors: { non_field_errors: [{ code: shown }] },
    });
    expect(stages.hops).not.toContain('porch.respond');
    expect(plans.plan?.context).toEqual({});
  });

  it.each([
    ['released when the answer passes', {}, ['network']],
    ['kept when the answer is refused', { 'prover.respond': refusal('unknown_key') }, []],
  ])('counts an answer as one attempt, %s', async (_, reply, kept) => {
    const attempts: AttemptStore = new InMemoryAttemptStore();
    const { solve, plans } = executorHarness(flow, { ...script, ...reply }, { attempts });
    const [reserved, released]: [string[], string[]] = [[], []];
    const reserve = attempts.reserve.bind(attempts);
    attempts.reserve = (reservations: readonly AttemptReservation[], ageMs: number) => {
      reserved.push(...reservations.map(({ credential }) => credential));
      return reserve(reservations, ageMs);
    };
    const save = plans.save.bind(plans);
    plans.save = (commit) => {
      released.push(...commit.released.map(({ credential }) => credential));
      return save(commit);
    };
    await solve({ key });

    expect(reserved).toEqual(['key', 'network']);
    expect(released).toEqual(kept);
  });
});
