import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { policySetOf } from '../testing/fake-policy-client.js';
import { DEFAULT_REPLIES } from '../testing/fake-stage-client.js';
import { brandOf } from '../testing/in-memory-brand-store.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import type { FlowStartOptions } from './flow-starter.js';

const alice = { ...ALICE, is_superuser: false, debug: false };
const loggedIn = { id: 's', retired: false, remainingS: undefined, user: alice };
const outfit: Omit<FlowStartOptions, 'visitor'> = {
  context: { is_sso: true },
  insert: { where: 'last', steps: [{ kind: 'page', config: {} }] },
};
const requiring = (authentication: 'require_authenticated' | 'require_unauthenticated') => {
  const version = flowOf([{ kind: 'ident' }]);
  return { ...version, flow: { ...version.flow, authentication } };
};

describe('a flow that is started with a seed', () => {
  it('has the facts and steps of the seed, and continues like a flow without a seed', async () => {
    const { start, show, solve, plans } = executorHarness(flowOf([{ kind: 'ident' }]), DEFAULT_REPLIES);
    plans.session = loggedIn;
    expect((await start({ ...outfit, visitor: alice })).cookie).toBeUndefined();
    expect(plans.plan).toMatchObject({ visitor: alice.uuid, context: { is_sso: true } });
    expect((await show()).result).toMatchObject({ challenge: { who: true } });
    expect((await solve({ who: 'me' })).result).toMatchObject({ challenge: { page: true } });
    expect((await solve({})).result).toEqual({ type: 'done', to: '/' });
  });

  it('starts in a new session for an anonymous visitor', async () => {
    const { start, show, plans } = executorHarness(requiring('require_unauthenticated'), DEFAULT_REPLIES);
    expect((await start({ ...outfit, visitor: undefined })).cookie).toMatchObject({
      value: expect.stringMatching(/^[\w-]{43}$/),
    });
    expect(plans.plan).toMatchObject({ visitor: null, context: { is_sso: true } });
    expect((await show()).result).toMatchObject({ challenge: { who: true } });
  });

  it('does not start for an anonymous visitor if it requires a login', async () => {
    const { start, plans } = executorHarness(requiring('require_authenticated'), DEFAULT_REPLIES);
    await expect(start({ ...outfit, visitor: undefined })).rejects.toMatchObject({ code: 'flow_not_applicable' });
    expect(plans.saves).toBe(0);
  });

  it('does not start if its policies refuse, and shows their messages', async () => {
    const { start, plans, policies } = executorHarness(
      flowOf([{ kind: 'page' }], {}, policySetOf({ policy: 'p' })),
      DEFAULT_REPLIES,
    );
    policies.replies['p'] = false;
    await expect(start({ ...outfit, visitor: undefined })).rejects.toMatchObject({
      code: 'flow_not_applicable',
      detail: { text: 'p says no' },
    });
    expect(plans.saves).toBe(0);
  });

  it('does not start if the policies in `access` refuse the visitor', async () => {
    const { start, plans, policies } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    plans.session = loggedIn;
    policies.replies['app'] = false;
    const set = policySetOf({ policy: 'app' });
    const access = { set, policies: flowOf([], {}, set).policies };
    await expect(start({ ...outfit, visitor: alice, access })).rejects.toMatchObject({ code: 'permission_denied' });
    expect(plans.saves).toBe(0);
  });

  it('with `keepsSession` stays in the anonymous session, and with `continues` keeps the plan of the same application', async () => {
    const { start, plans } = executorHarness(flowOf([{ kind: 'ident' }]), DEFAULT_REPLIES);
    plans.session = { ...loggedIn, user: undefined };
    const subject = (digit: string) => ({ uuid: ALICE.uuid.replace(/.$/, digit), slug: 'app', name: 'App' });
    const login = (digit: string) => ({ visitor: undefined, context: { application: subject(digit) } });
    const options = { keepsSession: true, continues: true };
    const { plan, cookie } = await start({ ...login('1'), ...options });
    expect([cookie, plans.sessionId]).toEqual([undefined, 's']);
    expect((await start({ ...login('1'), ...options })).plan).toBe(plan);
    expect((await start({ ...login('2'), ...options })).plan).not.toBe(plan);
    expect((await start(login('2'))).cookie).toBeDefined();
  });

  it('does not replace a login with a proved credential if another site caused the request', async () => {
    const steps = [{ kind: 'ident' }, { kind: 'secret' }, { kind: 'page' }];
    const { start, show, solve, plans } = executorHarness(flowOf(steps), DEFAULT_REPLIES);
    plans.session = { ...loggedIn, user: undefined };
    const options = { visitor: undefined, context: {}, keepsSession: true, continues: true };
    const application = { uuid: ALICE.uuid, slug: 'app', name: 'App' };
    const other = { ...options, context: { application } };
    await start(options);
    expect((await start(other, { crossSite: 'new' })).plan.context).toEqual({ application });
    await start(options);
    await show();
    await solve({ uid: 'alice' });
    await solve({ password: 'x' });
    expect((await start(other, { crossSite: 'new' })).plan).toMatchObject({ cursor: 2, proved_user: ALICE.uuid });
    expect((await start(other)).plan.context).toEqual({ application });
  });

  it('does not start with `keepsSession` if the brand allows other login flows only', async () => {
    const { start, plans, brands } = executorHarness(flowOf([{ kind: 'ident' }]), DEFAULT_REPLIES);
    brands.byHost.set('id.example.org', brandOf('id.example.org', { login_flows: ['another'] }));
    const options = { visitor: undefined, context: {}, keepsSession: true };
    await expect(start(options)).rejects.toMatchObject({ code: 'flow_not_applicable' });
    expect(plans.saves).toBe(0);
  });

  it('does not start for a request with a retired session key', async () => {
    const { start, plans } = executorHarness(flowOf([{ kind: 'page' }]), DEFAULT_REPLIES);
    plans.session = { ...loggedIn, retired: true, user: undefined };
    await expect(start({ ...outfit, visitor: undefined })).rejects.toMatchObject({ code: 'not_authenticated' });
  });
});

describe('a flow that `planLink` plans for a link', () => {
  const ofLinks = (set: Parameters<typeof flowOf>[2]) => {
    const version = flowOf([{ kind: 'page' }], {}, set);
    return { ...version, flow: { ...version.flow, authentication: 'require_token' as const } };
  };

  it('is planned with its user pending, as for an anonymous visitor with a link, and is not saved', async () => {
    const { planLink, plans, policies } = executorHarness(ofLinks(policySetOf({ policy: 'p' })), DEFAULT_REPLIES);
    plans.session = loggedIn;
    const { plan, versionId } = await planLink({ authenticate: async () => alice });
    expect(policies.count('p')).toBe(1);
    expect(plan).toMatchObject({ visitor: null, context: { pending_user: ALICE }, proved_user: ALICE.uuid });
    expect([plan.begun, plan.context.is_restored, versionId, plans.saves]).toEqual([undefined, undefined, 'v1', 0]);
  });

  it('is refused with flow_not_applicable if it requires a login, or if its policies refuse', async () => {
    const refused = { code: 'flow_not_applicable' };
    await expect(
      executorHarness(requiring('require_authenticated'), DEFAULT_REPLIES).planLink({
        authenticate: async () => alice,
      }),
    ).rejects.toMatchObject(refused);
    const { planLink, policies } = executorHarness(ofLinks(policySetOf({ policy: 'p' })), DEFAULT_REPLIES);
    policies.replies['p'] = false;
    await expect(planLink()).rejects.toMatchObject(refused);
  });
});
