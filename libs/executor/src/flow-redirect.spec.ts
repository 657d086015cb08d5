import { createPlan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { brandOf } from '../testing/in-memory-brand-store.js';
import { ALICE, flowOf } from '../testing/test-flow.js';

const alice = { ...ALICE, is_superuser: false, debug: false };
const anonymous = { id: 's', retired: false, remainingS: undefined, user: undefined };
const loggedIn = { ...anonymous, user: alice };
const first = flowOf([{ kind: 'page' }]);
const flow = { ...first.flow, slug: 'first', name: 'First' };
const IS_REDIRECTED = { uuid: flow.id, slug: 'first', name: 'First' };
const from = {
  ...createPlan(first, 'plan-of-first'),
  context: { pending_user: ALICE, prompt_data: { city: 'Bern' } },
  named_by_policy: ALICE.uuid,
  mail_by_policy: true,
  cross_site: { token: 'asked' },
};
const redirectOf = (keepsContext: boolean) => ({
  visitor: undefined,
  context: {},
  redirect: { from, flow, keepsContext },
});
const requiring = (fields: Partial<typeof flow>) => {
  const version = flowOf([{ kind: 'ident' }]);
  return { ...version, flow: { ...version.flow, ...fields } };
};

describe('a flow to which a redirect stage redirects', () => {
  it('starts in the visitor’s session with the facts of the first plan and the marks that limit them', async () => {
    const { start, plans } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    plans.session = anonymous;
    expect((await start(redirectOf(true))).cookie).toBeUndefined();
    expect(plans.sessionId).toBe('s');
    expect(plans.plan).toMatchObject({
      context: { pending_user: ALICE, prompt_data: { city: 'Bern' }, is_redirected: IS_REDIRECTED },
      ...{ named_by_policy: ALICE.uuid, mail_by_policy: true, cross_site: { token: 'asked' }, visitor: null },
    });
    expect(plans.plan?.proved_user).toBeUndefined();
  });

  it('starts only with `is_redirected` and the cross-site mark if the stage keeps no context', async () => {
    const { start, plans } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    plans.session = anonymous;
    await start(redirectOf(false));
    expect(plans.plan?.context).toEqual({ is_redirected: IS_REDIRECTED });
    expect(plans.plan).toMatchObject({ cross_site: { token: 'asked' } });
    expect(plans.plan).not.toHaveProperty('named_by_policy');
  });

  it('does not change the plan of the redirect stage', async () => {
    const before = structuredClone(from);
    const { start, plans } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    plans.session = anonymous;
    await start(redirectOf(true));
    expect(from).toEqual(before);
    expect(plans.plan?.context).not.toBe(from.context);
  });

  it('keeps only `is_redirected` when it restarts', async () => {
    const version = flowOf([{ kind: 'page', onRefusal: 'restart' }]);
    const { start, show, solve, plans } = executorHarness(version, {
      ...DEFAULT_REPLIES,
      'page.respond': { type: 'denied' },
    });
    plans.session = anonymous;
    await start({
      ...redirectOf(true),
      redirect: { ...redirectOf(true).redirect, from: { ...from, cross_site: undefined } },
    });
    await show();
    await solve({ word: 'x' });
    expect(plans.plan).toMatchObject({ restarts: 1 });
    expect(plans.plan?.context).toEqual({ is_redirected: IS_REDIRECTED });
  });

  it('starts for the user of the session, who may have logged in just before', async () => {
    const { start, plans } = executorHarness(requiring({ authentication: 'require_authenticated' }), DEFAULT_REPLIES);
    plans.session = loggedIn;
    await start(redirectOf(true));
    expect(plans.plan?.visitor).toBe(alice.uuid);
  });

  it.each([
    ['it requires an anonymous visitor', { authentication: 'require_unauthenticated' as const }, undefined],
    ['the brand forbids it', { designation: 'authentication' as const }, ['other']],
  ])('does not start if %s', async (_, fields, allowed) => {
    const { start, plans, brands } = executorHarness(requiring(fields), DEFAULT_REPLIES);
    plans.session = loggedIn;
    if (allowed) brands.byHost.set('id.example.org', brandOf('id.example.org', { login_flows: allowed }));
    await expect(start(redirectOf(true))).rejects.toMatchObject({ code: 'flow_not_applicable' });
    expect(plans.saves).toBe(0);
  });

  it('starts if it has the authentication requirement require_redirect', async () => {
    const { start, plans } = executorHarness(requiring({ authentication: 'require_redirect' }), DEFAULT_REPLIES);
    plans.session = anonymous;
    await start(redirectOf(false));
    expect(plans.plan).toBeDefined();
  });

  it('does not replace a running plan of the visitor if another site caused the request', async () => {
    const { start, show, plans } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    await show();
    const { id } = plans.plan!;
    expect((await start(redirectOf(true), { crossSite: 'any' })).plan.id).toBe(id);
    expect((await start(redirectOf(true))).plan.id).not.toBe(id);
  });
});
