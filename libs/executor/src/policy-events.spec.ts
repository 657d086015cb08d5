import type { FlowVersion } from '@gatehouse/plan';
import { describe, expect, it, vi } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import type { AnonymousPolicyEvent } from './policy-engine.js';

const LOGGED_IN = { ...ALICE, is_superuser: false, debug: false };
const noticed = { action: 'custom_noticed', context: { colour: 'red' } };
const event = { type: 'event', ...noticed };
const replyOf = (pass: boolean) => ({ results: { p: { pass, messages: [] } }, events: [noticed] });
const onPage = flowOf([{ kind: 'page', policies: policySetOf({ policy: 'p' }) }, { kind: 'ident' }]);

describe('the events of policies', () => {
  it.each([true, false])('are saved once, with the plan, if the policy’s verdict is %s', async (pass) => {
    const { show, policies, plans, events } = executorHarness(onPage, DEFAULT_REPLIES);
    policies.replies['p'] = replyOf(pass);
    await show();
    await show();
    expect([plans.savedEffects, events.recorded]).toEqual([[event], []]);
  });

  it('are not saved if another request has saved the plan first', async () => {
    const { show, solve, policies, plans } = executorHarness(
      flowOf([{ kind: 'ident' }, { kind: 'page', policies: policySetOf({ policy: 'p' }) }]),
      DEFAULT_REPLIES,
    );
    await show();
    policies.replies['p'] = () => {
      plans.revision++;
      return replyOf(true);
    };
    await solve({ uid: 'alice' });
    expect(plans.savedEffects).toEqual([]);
  });

  it('are saved when the flow is planned, and when it restarts', async () => {
    const version = flowOf([{ kind: 'page', onRefusal: 'restart' }], {}, policySetOf({ policy: 'p' }));
    const { show, solve, policies, plans } = executorHarness(version, {
      ...DEFAULT_REPLIES,
      'page.respond': rejectedReply(),
    });
    policies.replies['p'] = replyOf(true);
    await show();
    await solve({ word: 'x' });
    expect(plans.savedEffects).toEqual([event, event]);
  });

  it('are saved even if a flow does not apply and leaves no plan', async () => {
    const { show, policies, plans, events } = executorHarness(
      flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p' })),
      DEFAULT_REPLIES,
    );
    policies.replies['p'] = replyOf(false);
    await show();
    expect([events.recorded, plans.saves]).toEqual([[event], 0]);
  });
});

describe('the events of a policy', () => {
  it('that threw contain its error', async () => {
    const { show, policies, plans } = executorHarness(onPage, DEFAULT_REPLIES);
    policies.replies['p'] = { results: { p: { pass: false, messages: [], error: 'division by zero' } } };
    await show();
    const context = { message: 'division by zero', policy: 'p', kind: 'test' };
    expect(plans.savedEffects).toEqual([{ type: 'event', action: 'policy_exception', context }]);
  });

  it('that threw contain at most 1024 characters of its error, in `exception`, under 2026.8', async () => {
    const { show, policies, plans, undecided } = executorHarness(onPage, DEFAULT_REPLIES, { apiVersion: '2026.8' });
    policies.replies['p'] = { results: { p: { pass: false, messages: [], error: '😀'.repeat(1025) } } };
    await show();
    const message = '😀'.repeat(1024);
    const context = { message: 'Policy failed to execute', exception: { message }, policy: 'p', kind: 'test' };
    expect(plans.savedEffects).toEqual([{ type: 'event', action: 'policy_exception', context }]);
    expect(undecided).toMatchObject([{ policy: 'p', error: message }]);
  });

  describe('that threw for a visitor who has proved nothing', () => {
    const failed = { results: { p: { pass: false, messages: [], error: 'division by zero' } } };
    const onSecond = flowOf([{ kind: 'ident' }, { kind: 'page', policies: policySetOf({ policy: 'p' }) }]);
    const harness = (version: FlowVersion) => {
      const admitsAnonymous = vi.fn<(event: AnonymousPolicyEvent) => boolean>(() => false);
      const doubles = executorHarness(version, DEFAULT_REPLIES, { admitsAnonymous });
      doubles.policies.replies['p'] = failed;
      return { ...doubles, admitsAnonymous };
    };

    it('are neither saved nor reported beyond the limit, which counts by policy, flow and address', async () => {
      const { show, plans, events, undecided, admitsAnonymous } = harness(onPage);
      await show();
      expect([plans.savedEffects, events.recorded, undecided]).toEqual([[], [], []]);
      expect(admitsAnonymous.mock.calls).toEqual([
        [{ action: 'policy_exception', policy: 'p', flow: 'login', ip: '203.0.113.7' }],
      ]);
    });

    it('are limited also after the visitor has typed a name', async () => {
      const { solve, plans } = harness(onSecond);
      await solve({ uid: 'alice' });
      expect(plans.savedEffects).toEqual([]);
    });
  });

  it('that threw are saved and reported without a limit for a logged-in or verified user', async () => {
    const admitsAnonymous = () => false;
    const failed = { results: { p: { pass: false, messages: [], error: 'division by zero' } } };
    const loggedIn = executorHarness(onPage, DEFAULT_REPLIES, { admitsAnonymous });
    loggedIn.plans.session = { id: 's', retired: false, remainingS: undefined, user: LOGGED_IN };
    loggedIn.policies.replies['p'] = failed;
    await loggedIn.show();
    const verified = executorHarness(
      flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'page', policies: policySetOf({ policy: 'p' }) }]),
      DEFAULT_REPLIES,
      { admitsAnonymous },
    );
    verified.policies.replies['p'] = failed;
    await verified.solve({ uid: 'alice' });
    await verified.solve({ password: 'x' });
    for (const { plans, events, undecided } of [loggedIn, verified]) {
      const exceptions = [...plans.savedEffects, ...events.recorded].filter(
        (effect) => 'action' in effect && effect.action === 'policy_exception',
      );
      expect([exceptions.length, undecided.length]).toEqual([1, 1]);
    }
  });

  it('with execution logging or requested events are not saved for an anonymous visitor beyond the limit', async () => {
    const admitsAnonymous = vi.fn<(event: AnonymousPolicyEvent) => boolean>(() => false);
    const policies = policySetOf({ policy: 'p' }, { policy: 'q' });
    const version = flowOf([{ kind: 'page', policies }, { kind: 'ident' }]);
    const logged = { ...version.policies['p']!, config: { execution_logging: true } };
    const logging = { ...version, policies: { ...version.policies, p: logged } };
    const anonymous = executorHarness(logging, DEFAULT_REPLIES, { admitsAnonymous });
    const loggedIn = executorHarness(logging, DEFAULT_REPLIES, { admitsAnonymous });
    loggedIn.plans.session = { id: 's', retired: false, remainingS: undefined, user: LOGGED_IN };
    const recorded: unknown[] = [];
    for (const { show, policies: client, plans, events } of [anonymous, loggedIn]) {
      client.replies['p'] = replyOf(false);
      await show();
      recorded.push([...plans.savedEffects, ...events.recorded].map((effect) => 'action' in effect && effect.action));
    }

    expect(recorded).toEqual([[], ['custom_noticed', 'policy_execution']]);
    const about = { flow: 'login', ip: '203.0.113.7' };
    expect(admitsAnonymous.mock.calls).toEqual([
      [{ action: 'policy_execution', policy: 'p', ...about }],
      [{ action: 'custom', policy: 'p q', ...about }],
    ]);
  });

  it('are saved at each evaluation if the policy has execution logging, else not', async () => {
    const policies = policySetOf({ policy: 'p' }, { policy: 'q' });
    const version = flowOf([{ kind: 'page', policies }, { kind: 'ident' }]);
    const logged = { ...version.policies['p']!, config: { execution_logging: true } };
    const {
      show,
      policies: policyClient,
      plans,
    } = executorHarness({ ...version, policies: { ...version.policies, p: logged } }, DEFAULT_REPLIES);
    policyClient.replies['p'] = false;
    await show();
    const result = { passing: false, messages: ['p says no'] };
    const context = { message: 'Policy Execution', policy: 'p', kind: 'test', result };
    expect(plans.savedEffects).toEqual([{ type: 'event', action: 'policy_execution', context }]);
  });
});

describe('the messages of the policies of a step', () => {
  const toastsOf = async (pass: boolean, apiVersion: '2024.8' | '2026.8') => {
    const { show, policies } = executorHarness(onPage, DEFAULT_REPLIES, { apiVersion });
    policies.replies['p'] = { results: { p: { pass, messages: ['Sale today', 'Almost done'] } } };
    const first = await show();
    expect((await show()).effects.toasts).toEqual([]);
    return first.effects.toasts.map(({ level, message }) => `${level}: ${message}`);
  };

  it('become toasts once if the policies pass, since 2026.8', async () => {
    expect(await toastsOf(true, '2026.8')).toEqual(['info: Sale today', 'info: Almost done']);
    expect(await toastsOf(false, '2026.8')).toEqual([]);
    expect(await toastsOf(true, '2024.8')).toEqual([]);
  });

  it('become no toasts after a proof in the same request, because another browser may have the old key', async () => {
    const [early, late] = [policySetOf({ policy: 'early' }), policySetOf({ policy: 'late' })];
    const steps = [{ kind: 'ident' }, { kind: 'secret', policies: early }, { kind: 'page', policies: late }];
    const { show, solve, policies } = executorHarness(flowOf(steps), DEFAULT_REPLIES, { apiVersion: '2026.8' });
    for (const name of ['early', 'late'])
      policies.replies[name] = { results: { [name]: { pass: true, messages: [name] } } };
    await show();
    const toasts = [await solve({ uid: 'alice' }), await solve({ password: 'x' })].map(({ effects }) => effects.toasts);
    expect(toasts).toMatchObject([[{ message: 'early' }], []]);
    expect(policies.requests).toHaveLength(2);
  });
});
