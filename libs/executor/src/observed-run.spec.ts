import { Problem } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import { startForUser } from './flow-starter.js';
import { hashToken } from './resume-links.js';

const LOGIN = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);

describe('the observer', () => {
  it('is told that a plan began, of each step, and that the plan ended, each once and in this order', async () => {
    const { show, solve, observer } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    await show();
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });
    await solve({ password: 'hunter2' }, { sessionKey: Buffer.alloc(32) });
    expect(observer.seen.slice(0, 5)).toEqual([
      'begun login',
      ...['ident passed', 'secret passed', 'login passed'],
      'done login',
    ]);
  });

  it('is told of a wrong answer, and of a denial', async () => {
    const { solve, observer } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'ident.respond': rejectedReply(),
      'secret.respond': { type: 'denied' },
    });
    await solve({ uid: 'alice' });
    expect(observer.seen).toEqual(['begun login', 'ident rejected']);
    const denied = executorHarness(flowOf([{ kind: 'secret' }]), {
      ...DEFAULT_REPLIES,
      'secret.respond': { type: 'denied' },
    });
    await denied.solve({ password: 'x' });
    expect(denied.observer.seen).toEqual(['begun login', 'secret denied', 'denied login']);
  });

  it('is told of a step whose stage failed, but of no new plan if the first step failed', async () => {
    const { show, solve, observer } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'secret.challenge': new Problem('stage_timeout'),
    });
    await show();
    await solve({ uid: 'alice' });
    expect(observer.seen).toEqual(['begun login', 'ident passed', 'secret fault']);
    const failed = executorHarness(LOGIN, {});
    await failed.show();
    expect(failed.observer.seen).toEqual(['ident fault']);
  });

  it('is told once of a step that two concurrent requests have passed', async () => {
    const { show, solve, observer } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    await Promise.all([solve({ uid: 'alice' }), solve({ uid: 'alice' })]);
    expect(observer.seen).toEqual(['begun login', 'ident passed']);
  });

  it('is told that a plan was abandoned when a new one replaces it, unless the plan had ended', async () => {
    const { show, solve, start, observer, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    plans.session = {
      id: 's',
      retired: false,
      remainingS: undefined,
      user: { ...ALICE, is_superuser: false, debug: false },
    };
    await start(startForUser(plans.session.user!));
    await start(startForUser(plans.session.user!));
    expect(observer.seen).toEqual(['begun login', 'begun login', 'abandoned login']);
    observer.seen.length = 0;
    await show();
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });
    await start(startForUser(plans.session.user!));
    expect(observer.seen.slice(-2)).toEqual(['done login', 'begun login']);
  });

  it('is told of a new plan when a mailed link is opened in another session than that of its plan', async () => {
    const query = { flow_token: 'token' };
    const here = executorHarness(LOGIN, DEFAULT_REPLIES);
    const resumed = { versionId: 'v1', orphaned: false, step: 'ident-0' };
    await here.show();
    const { plan } = here.plans;
    const hash = hashToken('token').toString('hex');
    here.plans.resumedPlans.set(hash, { ...resumed, plan: { ...plan!, id: 'other' }, mailedBy: plan!.id });
    here.observer.seen.length = 0;
    await here.show({ query });
    expect([here.observer.seen, here.plans.isContinuation]).toEqual([[], true]);

    const elsewhere = executorHarness(LOGIN, DEFAULT_REPLIES);
    elsewhere.plans.resumedPlans.set(hash, { ...resumed, plan: plan! });
    await elsewhere.show({ query });
    expect(elsewhere.observer.seen).toEqual(['begun login']);
  });

  it('is told that a plan was abandoned when the mailed link of an earlier plan replaces it', async () => {
    const { show, plans, observer } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await show();
    const link = { versionId: 'v1', orphaned: false, step: 'ident-0', mailedBy: 'earlier' };
    plans.resumedPlans.set(hashToken('token').toString('hex'), { ...link, plan: { ...plans.plan!, id: 'other' } });
    await show({ query: { flow_token: 'token' } });
    expect(observer.seen).toEqual(['begun login', 'begun login', 'abandoned login']);
    expect(plans.isContinuation).toBe(false);
  });
});

describe('a refused attempt', () => {
  it.each([
    ['locked', { network: false, locked: true }],
    ['delayed', { network: false, locked: false }],
    ['network', { network: true }],
  ])('is reported to the observer with the reason %s', async (reason, refusal) => {
    const { show, solve, attempts, observer } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'secret.respond': rejectedReply(['password']),
    });
    await show();
    await solve({ uid: 'alice' });
    attempts.result = { reserved: false, retryAfterS: 1, ...refusal };
    await solve({ password: 'x' });
    expect(observer.seen.filter((text) => text.startsWith('refused'))).toEqual([`refused ${reason}`]);
    expect(observer.refused).toEqual([
      {
        requestId: expect.any(String),
        ip: '203.0.113.7',
        flow: 'login',
        kind: 'secret',
        user: ALICE.uuid,
        subject: undefined,
      },
    ]);
  });
});
