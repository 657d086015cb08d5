import type { Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import { hashToken } from './resume-links.js';

const alice = { ...ALICE, is_superuser: false, debug: false };
const loggedIn = { id: 's', retired: false, remainingS: undefined, user: alice };
const TOKEN = 'a'.repeat(60);
const NEEDS_LINK = 'This link is invalid or has expired. Please request a new one.';

type Flow = ReturnType<typeof flowOf>['flow'];
const flowWith = (fields: Partial<Flow>, steps: Parameters<typeof flowOf>[0] = [{ kind: 'page' }]) => {
  const version = flowOf(steps);
  return { ...version, flow: { ...version.flow, ...fields } };
};
const newest = { apiVersion: '2026.8' } as const;
const from = { uuid: '00000000-0000-4000-8000-000000000001', slug: 'first', name: 'First' };

describe('a flow that requires a redirect', () => {
  const version = flowWith({ authentication: 'require_redirect' });

  it('does not apply to a visitor who opens it without a redirect', async () => {
    const { show, plans } = executorHarness(version, DEFAULT_REPLIES, newest);
    const reason = 'not_applicable';
    const message = { text: 'Flow does not apply to current user.' };
    expect((await show()).result).toEqual({ type: 'denied', message, reason });
    expect(plans.saves).toBe(0);
  });

  it('applies to a plan that a redirect started, also after that plan restarts', async () => {
    const restarting = flowWith({ authentication: 'require_redirect' }, [{ kind: 'secret', onRefusal: 'restart' }]);
    const { start, show, solve } = executorHarness(
      restarting,
      { ...DEFAULT_REPLIES, 'secret.respond': { type: 'denied' } },
      newest,
    );
    await start({ visitor: undefined, context: { is_redirected: from } });
    expect((await show()).result).toMatchObject({ type: 'show', challenge: { secret: true } });
    expect((await solve({ password: 'x' })).result).toMatchObject({ type: 'show', challenge: { secret: true } });
  });
});

describe('a flow that requires a link', () => {
  const version = flowWith({ authentication: 'require_token' });

  it('tells a visitor without a link to request one', async () => {
    const { show } = executorHarness(version, DEFAULT_REPLIES, newest);
    const result = { type: 'denied', message: { text: NEEDS_LINK }, reason: 'link_required' };
    expect((await show()).result).toEqual(result);
    expect((await show({ query: { flow_token: TOKEN } })).result).toEqual(result);
  });

  it('runs for a visitor who opens a valid link', async () => {
    const { show, solve, plans, stages } = executorHarness(version, DEFAULT_REPLIES, newest);
    const steps = version.steps.map(({ id }) => ({ binding: id }));
    const plan = { ...(await mailedPlan()), steps };
    plans.resumedPlans.set(hashToken(TOKEN).toString('hex'), {
      ...{ plan, versionId: 'v1', orphaned: false, step: version.steps[0]!.id },
    });
    const asked = await show({ query: { flow_token: TOKEN } });
    expect(asked.result).toMatchObject({ type: 'show', contract: { component: 'ak-stage-consent' } });
    const { token } = (asked.result as unknown as { challenge: { token: string } }).challenge;
    expect((await solve({ token })).result).toMatchObject({ type: 'show', challenge: { page: true } });
    expect(stages.hops).toContain('page.challenge');
  });

  async function mailedPlan(): Promise<Plan> {
    const open = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    await open.show();
    const { shown: _shown, ...plan } = open.plans.plan!;
    return plan;
  }
});

describe('a restart that keeps a pending user', () => {
  const version = flowWith({ authentication: 'require_authenticated' }, [
    { kind: 'logout' },
    { kind: 'page', onRefusal: 'restart_with_context' },
  ]);
  const replies = {
    ...DEFAULT_REPLIES,
    'page.challenge': { type: 'denied' as const, context: { pending_user: ALICE } },
  };
  const messageOf = async (apiVersion: '2024.8' | '2026.8') => {
    const { start, show, plans } = executorHarness(version, replies, { apiVersion });
    plans.session = loggedIn;
    await start({ visitor: alice, context: { pending_user: ALICE } });
    const { result } = await show();
    return (result as { message: { text: string } }).message.text;
  };

  it('is not checked for the required login under 2024.8, but under 2026.8 is', async () => {
    expect(await messageOf('2024.8')).toBe('Unknown error');
    expect(await messageOf('2026.8')).toBe('Flow does not apply to current user.');
  });
});

describe('a login that does not apply to a logged-in visitor', () => {
  const login = flowWith({ designation: 'authentication', authentication: 'require_unauthenticated' });
  const resultOf = async (apiVersion: '2024.8' | '2026.8', next?: string, version = login) => {
    const { show, plans } = executorHarness(version, DEFAULT_REPLIES, { apiVersion });
    plans.session = loggedIn;
    return (await show({ query: next === undefined ? {} : { next } })).result;
  };

  it('redirects to a local `next`, or to /, under 2026.8', async () => {
    expect(await resultOf('2026.8')).toEqual({ type: 'done', to: '/' });
    expect(await resultOf('2026.8', '/app')).toEqual({ type: 'done', to: '/app' });
    expect(await resultOf('2026.8', 'https://evil.example/')).toEqual({ type: 'done', to: '/' });
  });

  it('is refused under 2024.8', async () => {
    expect(await resultOf('2024.8', '/app')).toMatchObject({ type: 'denied', reason: 'logged_in' });
  });

  it('is refused under 2026.8 if the flow is no login, or if the visitor is anonymous', async () => {
    const enrollment = flowWith({ designation: 'enrollment', authentication: 'require_unauthenticated' });
    expect(await resultOf('2026.8', '/app', enrollment)).toMatchObject({ type: 'denied', reason: 'logged_in' });
    const guarded = flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p' }));
    const { show, policies } = executorHarness(guarded, DEFAULT_REPLIES, newest);
    policies.replies['p'] = false;
    expect((await show()).result).toEqual({ type: 'denied', message: { text: 'p says no' } });
  });

  it.each([
    ['with their message', false, { type: 'denied', message: { text: 'p says no' } }],
    [
      'without a message',
      { results: { p: { pass: false, messages: [] } } },
      { type: 'denied', reason: 'not_applicable' },
    ],
  ])('is refused if policies refuse the visitor %s', async (_title, reply, refusal) => {
    const guarded = flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p' }));
    const { show, policies, plans } = executorHarness(guarded, DEFAULT_REPLIES, newest);
    policies.replies['p'] = reply;
    plans.session = loggedIn;
    expect((await show({ query: { next: '/app' } })).result).toMatchObject(refusal);
  });
});
