import { type StageReply } from '@gatehouse/contracts';
import type { Identity } from '@gatehouse/executor';
import { userSubject } from '@gatehouse/executor';
import {
  ALICE,
  challengeReply,
  DEFAULT_REPLIES,
  executorHarness,
  flowOf,
  rejectedReply,
} from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';

describe('reserved attempts', () => {
  it('are reset by a right answer, kept after a wrong one, and released if no answer was judged', async () => {
    const settled = async (reply: StageReply) => {
      const { solve, plans, attempts } = executorHarness(flowOf([{ kind: 'secret' }, { kind: 'page' }]), {
        ...DEFAULT_REPLIES,
        'secret.respond': reply,
      });
      let cleared = 0;
      const save = plans.save.bind(plans);
      plans.save = (s) => {
        cleared += s.reset.length;
        attempts.released.push(...s.released);
        return save(s);
      };
      await solve({ password: 'x' });
      return { cleared, returned: attempts.released.length };
    };

    expect(await settled({ type: 'passed', verified: ['password'] })).toEqual({ cleared: 1, returned: 1 });
    expect(await settled(rejectedReply(['password']))).toEqual({ cleared: 0, returned: 0 });
    expect(await settled(challengeReply())).toEqual({ cleared: 0, returned: 2 });
    expect(await settled(rejectedReply())).toEqual({ cleared: 0, returned: 2 });
  });

  it('are released with the time of their reservation, so that the store can also remove their delay', async () => {
    const script = { ...DEFAULT_REPLIES, 'secret.respond': challengeReply() };
    const { solve, plans, attempts } = executorHarness(flowOf([{ kind: 'secret' }, { kind: 'page' }]), script);
    const save = plans.save.bind(plans);
    plans.save = (s) => {
      attempts.released.push(...s.released);
      return save(s);
    };
    await solve({ password: 'x' });

    expect(attempts.released.map(({ reservedAt: takenAt }) => takenAt)).toEqual(['now', 'now']);
  });

  it('are reset only by a stage that has judged the answer, or that replaces the credential', async () => {
    const forgotten = async (kind: string) => {
      const passes: StageReply = { type: 'passed', verified: ['password'], context: { pending_user: ALICE } };
      const script = { ...DEFAULT_REPLIES, [`${kind}.challenge`]: passes };
      const { show, plans } = executorHarness(flowOf([{ kind }, { kind: 'page' }]), script);
      const cleared: string[] = [];
      const save = plans.save.bind(plans);
      plans.save = (s) => {
        cleared.push(...s.reset.map(({ credential }) => credential));
        return save(s);
      };
      await show();
      return [...new Set(cleared)];
    };
    expect(await forgotten('scribe')).toEqual(['password']);
    expect(await forgotten('secret')).toEqual([]);
  });

  it('that are refused get the response for a wrong answer, and the stage never gets the guess', async () => {
    const { solve, attempts, stages, plans } = executorHarness(flowOf([{ kind: 'secret' }]), {
      ...DEFAULT_REPLIES,
      'secret.respond': { type: 'rejected', errors: {}, challenge: {}, state: { failures: 1 } },
    });
    attempts.result = { reserved: false, network: false, retryAfterS: 8 };

    expect((await solve({ password: 'hunter2' })).result).toMatchObject({
      type: 'show',
      errors: { password: [{ code: 'wrong' }] },
    });
    expect(stages.requests.map(({ response }) => response)).toEqual([{}]);
    expect(plans.plan?.states).toMatchObject({ 'secret-0': { state: { failures: 1 } } });
  });

  it('that are refused count for the network, as wrong answers do', async () => {
    const { solve, attempts } = executorHarness(flowOf([{ kind: 'secret' }]), DEFAULT_REPLIES);
    const reserve = attempts.reserve.bind(attempts);
    attempts.reserve = async (reservations) =>
      reservations.some(({ credential }) => credential === 'password')
        ? { reserved: false, network: false, retryAfterS: 8 }
        : reserve(reservations);
    await solve({ password: 'hunter2' });

    expect(attempts.reserved.map(({ credential }) => credential)).toEqual(['network']);
  });

  it('that are refused end a flow exactly when wrong answers do, and never pass a step', async () => {
    for (const reply of [{ type: 'denied' }, { type: 'passed' }] as const) {
      const { solve, attempts } = executorHarness(flowOf([{ kind: 'secret' }]), {
        ...DEFAULT_REPLIES,
        'secret.respond': reply,
      });
      attempts.result = { reserved: false, network: false, retryAfterS: 8 };

      expect((await solve({ password: 'hunter2' })).result).toMatchObject({ type: 'denied' });
    }
  });

  it('that are refused take as long as a wrong answer', async () => {
    const took = (ms: number): StageReply => {
      stages.clock.ms += ms;
      return rejectedReply(['password']);
    };
    const judging = [12, 2];
    const { solve, attempts, stages } = executorHarness(flowOf([{ kind: 'secret' }]), {
      ...DEFAULT_REPLIES,
      'secret.respond': () => took(judging.shift()!),
    });
    await solve({ password: 'wrong' });
    attempts.result = { reserved: false, network: false, retryAfterS: 8 };
    await solve({ password: 'wrong' });

    expect(stages.clock.waits).toEqual([10]);
  });

  it('that are refused take as long as a wrong answer of the same cost', async () => {
    const judging = [
      { ms: 800, cost: 'slow' },
      { ms: 12, cost: 'quick' },
      { ms: 4, cost: 'quick' },
      { ms: 3, cost: 'slow' },
      { ms: 2, cost: 'never measured' },
    ];
    const judge = (): StageReply => {
      const { ms, cost } = judging.shift()!;
      stages.clock.ms += ms;
      return { ...rejectedReply(['password']), cost } as StageReply;
    };
    const { solve, attempts, stages } = executorHarness(flowOf([{ kind: 'secret' }]), {
      ...DEFAULT_REPLIES,
      'secret.respond': judge,
    });
    for (let i = 0; i < 2; i++) await solve({ password: 'wrong' });
    attempts.result = { reserved: false, network: false, retryAfterS: 8 };
    const results = [];
    for (let i = 0; i < 3; i++) results.push((await solve({ password: 'wrong' })).result);

    expect(stages.clock.waits).toEqual([8, 797]);
    expect(JSON.stringify(results)).not.toContain('cost');
  });

  it('at a chosen device need a shown list of devices, and a guess before it is not judged', async () => {
    const { solve, attempts, stages } = executorHarness(flowOf([{ kind: 'choice' }]), {
      'choice.challenge': challengeReply({ offers: [{ sort: 'totp', uid: '1' }] }),
      'choice.respond': rejectedReply(['totp:1']),
    });
    expect((await solve({ code: '123456' })).result).toMatchObject({ type: 'show', errors: undefined });
    expect(stages.hops).toEqual(['choice.challenge']);

    await solve({ code: '123456' });
    expect(attempts.reserved.map(({ credential }) => credential)).toEqual(['totp:1', 'network']);
  });

  it('count for the logged-in user, from any network, in a flow without a pending user (accident 22)', async () => {
    const takenOf = async (user: Identity | undefined, ip: string) => {
      const { show, solve, attempts, plans } = executorHarness(flowOf([{ kind: 'choice' }]), {
        'choice.challenge': challengeReply({ offers: [{ sort: 'totp', uid: '1' }] }),
        'choice.respond': rejectedReply(['totp:1']),
      });
      plans.session = { id: 's', retired: false, remainingS: undefined, user };
      await show();
      await solve({ code: '123456' }, { client: { ip, user_agent: 'x', outpost: false, cookies: {} } });
      return attempts.reserved[0]?.subject.toString('hex');
    };
    const alice = { ...ALICE, is_superuser: false, debug: false };
    const subject = await takenOf(alice, '203.0.113.7');
    expect(subject).toBe(userSubject(Buffer.alloc(32), ALICE.uuid).toString('hex'));
    expect(await takenOf(alice, '198.51.100.1')).toBe(subject);
    expect(await takenOf(undefined, '203.0.113.7')).not.toBe(subject);
  });

  it('that are refused hide the chosen device and the guess from the stage, and show the error at the guess', async () => {
    const { show, solve, attempts, stages } = executorHarness(flowOf([{ kind: 'choice' }]), {
      'choice.challenge': challengeReply({ offers: [{ sort: 'totp', uid: '1' }] }),
      'choice.respond': rejectedReply(),
    });
    await show();
    attempts.result = { reserved: false, network: false, retryAfterS: 8 };
    const { result } = await solve({ touch: 'x', chosen: { sort: 'totp', uid: '1' } });
    expect(result).toMatchObject({ type: 'show', errors: { touch: [{ code: 'wrong' }] } });
    expect(result).not.toHaveProperty('errors.password');
    expect(stages.requests.at(-1)?.response).toEqual({});
  });

  it('fail with rate_limited and the delay once the network has used up its limit', async () => {
    const { solve, attempts } = executorHarness(flowOf([{ kind: 'secret' }]), DEFAULT_REPLIES);
    attempts.result = { reserved: false, network: true, retryAfterS: 8 };

    expect((await solve({ password: 'x' })).result).toMatchObject({
      type: 'problem',
      problem: { code: 'rate_limited', retryAfterS: 8 },
    });
  });
});
