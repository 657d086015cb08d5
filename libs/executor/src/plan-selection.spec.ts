import type { StageReply } from '@gatehouse/contracts';
import { createPlan, type Plan } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';
import { executorHarness } from '../testing/executor-harness.js';
import { challengeReply, DEFAULT_REPLIES, LOGIN_REPLY, rejectedReply } from '../testing/fake-stage-client.js';
import { ALICE, flowOf } from '../testing/test-flow.js';
import { hashToken } from './resume-links.js';

const TOKEN = 'the-token-of-a-mail';
const QUESTION = { type: 'show', contract: { component: 'ak-stage-consent' } };
const byLink = { query: { flow_token: TOKEN } };

const script = {
  ...DEFAULT_REPLIES,
  'puzzle.challenge': challengeReply({ puzzle: true }),
  'puzzle.respond': { type: 'passed' },
  'login.challenge': LOGIN_REPLY,
} satisfies Record<string, StageReply>;

/** Returns a harness with a mailed link to the second step of a flow whose first step alice has passed. */
function mailed(second: string, resumed: { orphaned?: boolean; plan?: Partial<Plan> } = {}) {
  const version = flowOf([{ kind: 'ident' }, { kind: second }, ...(second === 'login' ? [] : [{ kind: 'login' }])]);
  const plan = { ...createPlan(version, 'from-mail'), cursor: 1, context: { pending_user: ALICE }, ...resumed.plan };
  const it = executorHarness(version, script);
  it.plans.resumedPlans.set(hashToken(TOKEN).toString('hex'), {
    ...{ plan, versionId: 'v1', orphaned: resumed.orphaned ?? false, step: `${second}-1` },
  });
  const confirm = () => it.solve({ token: it.plans.plan?.resumed?.consent }, byLink);
  return { ...it, confirm, isLive: () => it.plans.resumedPlans.size === 1 };
}

describe('a mailed link to a step', () => {
  it('stores its step and user in the plan, and drops the challenge that was shown before it', async () => {
    const { show, plans } = mailed('puzzle', { plan: { shown: { step: 'puzzle-1', challenge: { older: true } } } });
    await show(byLink);

    expect(plans.plan?.context.is_restored).toEqual({ step: 'puzzle-1', user: ALICE.uuid });
    expect(plans.plan?.shown).toBeUndefined();
  });

  it('that a superuser has mailed is invalid once its user has another address', async () => {
    const link = { step: '', user: ALICE.uuid, address: ALICE.email };
    const context = { pending_user: ALICE, is_restored: link };
    const { show, confirm, plans, isLive } = mailed('puzzle', { plan: { context } });
    await show(byLink);
    expect(plans.plan?.context.is_restored).toEqual({ ...link, step: 'puzzle-1' });
    expect((await confirm()).result).toMatchObject({ challenge: { puzzle: true } });
    expect(isLive()).toBe(false);

    const moved = { context: { pending_user: { ...ALICE, email: 'moved@example.org' }, is_restored: link } };
    const other = mailed('puzzle', { plan: moved });
    expect((await other.show(byLink)).result).toMatchObject({ errors: { non_field_errors: [{ wire: 'link-used' }] } });
    expect([other.plans.plan?.resumed, other.plans.plan?.context.pending_user]).toEqual([undefined, undefined]);
  });

  it('from a stage does not depend on the address of a superuser’s link that continued the plan before', async () => {
    const is_restored = { step: 'ident-0', user: ALICE.uuid, address: 'before@example.org' };
    const { show, plans } = mailed('puzzle', { plan: { context: { pending_user: ALICE, is_restored } } });
    expect((await show(byLink)).result).toMatchObject(QUESTION);
    expect(plans.plan?.context.is_restored).toEqual({ step: 'puzzle-1', user: ALICE.uuid });
  });

  it('that a superuser has mailed cannot be confirmed after its user got another address', async () => {
    const context = { pending_user: ALICE, is_restored: { step: '', user: ALICE.uuid, address: ALICE.email } };
    const { show, confirm, plans, stages } = mailed('puzzle', { plan: { context } });
    await show(byLink);
    const [[hash, link] = []] = plans.resumedPlans;
    const pending_user = { ...ALICE, email: 'moved@example.org' };
    plans.resumedPlans.set(hash!, { ...link!, plan: { ...link!.plan, context: { ...context, pending_user } } });

    expect((await confirm()).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toEqual([]);
  });

  it('ignores an answer to a challenge that was shown before it was mailed', async () => {
    const trail = [{ step: 'ident-0', outcome: 'passed', at: '', ms: 0 }];
    const { solve, confirm, stages } = mailed('puzzle', {
      plan: { shown: { step: 'puzzle-1', challenge: {} }, trail },
    });

    expect((await solve({ token: 'x' }, byLink)).result).toMatchObject(QUESTION);
    expect((await confirm()).result).toMatchObject({ challenge: { puzzle: true } });
    expect(stages.hops).toEqual(['puzzle.challenge']);
  });

  it('keeps the user to whom it was mailed, whatever user an answer names (accident 3)', async () => {
    const { show, solve, confirm, plans, stages } = mailed('puzzle');
    await show(byLink);
    const others = [
      { component: 'ak-stage-ident', uid: 'mallory' },
      { uid: 'mallory', pending_user: 'mallory' },
    ];
    for (const body of others) await solve(body, byLink);
    await confirm();
    for (const body of others) await solve(body, byLink);

    expect(stages.hops).not.toContain('ident.respond');
    expect(plans.savedEffects).toMatchObject([{ action: 'link_used' }, { type: 'login', user: ALICE.uuid }]);
  });

  it('continues the same plan when it is followed again in the same browser', async () => {
    const { show, plans } = mailed('puzzle');
    await show(byLink);
    const { id } = plans.plan!;
    await show(byLink);

    expect(plans.plan?.id).toBe(id);
  });

  it('that was used up in another browser denies the plan in this browser, and the next request starts anew', async () => {
    const { show, confirm, plans, stages } = mailed('puzzle');
    await show(byLink);
    const { plan } = plans;
    const message = { text: 'Link was already used, please request a new link.' };
    for (const ask of [() => show(byLink), () => show(), confirm]) {
      plans.plan = plan;
      plans.resumedPlans.clear();
      expect((await ask()).result).toEqual({ type: 'denied', message });
      expect(stages.hops).toEqual([]);
    }

    expect((await show()).result).toMatchObject({ challenge: { who: true }, errors: undefined });
  });

  it('logs in once for two concurrent answers', async () => {
    const { show, confirm, plans } = mailed('login');
    await show(byLink);
    await Promise.allSettled([confirm(), confirm()]);

    expect(plans.savedEffects.filter(({ type }) => type === 'login')).toHaveLength(1);
  });

  it('that is invalid causes an error in the challenge for a GET, and none after an answer', async () => {
    const { show, solve } = mailed('login');
    const invalid = { query: { flow_token: 'another' } };
    const errors = {
      non_field_errors: [{ text: 'Link was already used, please request a new link.', wire: 'link-used' }],
    };

    for (let i = 0; i < 2; i++)
      expect((await show(invalid)).result).toMatchObject({ challenge: { who: true }, errors });
    expect((await solve({ component: 'ak-stage-page' }, invalid)).result).toMatchObject({ errors: undefined });
  });

  it('that is invalid does not change the plan of another link in the same browser', async () => {
    const { show, confirm, isLive } = mailed('login');
    await show(byLink);

    expect((await show({ query: { flow_token: 'another' } })).result).toMatchObject(QUESTION);
    expect(isLive()).toBe(true);
    expect((await confirm()).result).toMatchObject({ type: 'done' });
  });

  it('of a user who was deleted or has a new password is used up and denied', async () => {
    const { show, isLive } = mailed('login', { orphaned: true });

    expect((await show(byLink)).result).toMatchObject({ type: 'denied' });
    expect(isLive()).toBe(false);
  });
});

describe('a step whose stage writes data of its own', () => {
  const flow = flowOf([{ kind: 'ident' }, { kind: 'scribe' }, { kind: 'page' }]);

  it('gets its request after a save of the plan, with an id that a retry repeats', async () => {
    let seen: unknown;
    const it = executorHarness(flow, {
      ...script,
      'scribe.challenge': () => {
        seen = {
          cursor: it.plans.plan?.cursor,
          user: it.plans.plan?.context.pending_user,
          revision: it.plans.revision,
        };
        return { type: 'passed' };
      },
    });
    await it.show();
    await it.solve({ uid: 'alice' });

    expect(seen).toEqual({ cursor: 1, user: ALICE, revision: 1 });
    const request = it.stages.requests[2];
    expect(request?.id).toMatch(new RegExp(`^${it.plans.plan?.id}\\.[A-Za-z0-9]{12}\\.0\\.scribe-1$`));
    expect(it.plans).toMatchObject({ revision: 2, saves: 3 });
  });

  it('gets the same work id from a concurrent request, even if that request has another `next`', async () => {
    const ids: string[] = [];
    let [goOn, other] = [() => undefined as void, Promise.resolve() as Promise<unknown>];
    const it = executorHarness(flow, {
      ...script,
      'scribe.challenge': ({ id }) => {
        ids.push(id);
        const passed: StageReply = { type: 'passed' };
        goOn();
        if (ids.length > 1) return passed;
        // Delays the stage's reply to the first request until the second request has arrived.
        other = it.show({ query: { next: '/elsewhere' } });
        return new Promise((resolve) => (goOn = () => resolve(passed)));
      },
    });
    await it.show();
    await Promise.allSettled([it.solve({ uid: 'alice' })]);
    await other;

    expect(ids).toHaveLength(2);
    expect(ids[1]).toBe(ids[0]);
    expect(it.plans.plan?.cursor).toBe(2);
  });

  it('gets a new work id only with an answer after a judged one', async () => {
    const asks1: StageReply = { type: 'challenge', challenge: {} };
    const replies: StageReply[] = [asks1, rejectedReply(), { ...asks1, state: { sent: 1 } }, { type: 'passed' }];
    const it = executorHarness(flowOf([{ kind: 'diary' }]), {
      'diary.challenge': asks1,
      'diary.respond': () => replies.shift()!,
    });
    await it.show();
    for (let i = 0; i < 4; i++) await it.solve({ word: 'x' });

    const [shown, first, ...others] = it.stages.requests.map(({ id }) => id);
    // An answer that only chooses an item of the challenge is not judged, so the next answer keeps its work id.
    expect(others[0]).toBe(first);
    expect(new Set([shown, first, ...others]).size).toBe(4);
  });

  it('gets no request from an HTTP request that lost the race', async () => {
    const it = executorHarness(flow, { ...script, 'scribe.challenge': { type: 'passed' } });
    await it.show();
    await Promise.allSettled([it.solve({ uid: 'alice' }), it.solve({ uid: 'alice' })]);

    expect(it.stages.hops.filter((hop) => hop.startsWith('scribe'))).toHaveLength(1);
  });

  it('that alters users gets a permit for the flow’s user, after the save and before the request', async () => {
    let granted: unknown;
    const it = executorHarness(flowOf([{ kind: 'ident' }, { kind: 'editor' }, { kind: 'page' }]), {
      ...script,
      'editor.challenge': () => {
        granted = [it.plans.revision, ...it.permits.granted];
        return { type: 'passed' };
      },
    });
    await it.show();
    expect(it.permits.granted).toEqual([]);
    await it.solve({ uid: 'alice' });

    expect(granted).toEqual([1, ALICE.uuid]);
    expect(it.permits.granted).toEqual([ALICE.uuid]);
    expect(it.permits.services).toEqual(['test']);
  });

  it('that changes credentials gets a permit for its own service before each request', async () => {
    const it = executorHarness(flowOf([{ kind: 'ident' }, { kind: 'set_up' }, { kind: 'page' }]), {
      ...script,
      'set_up.challenge': { type: 'passed' },
    });
    await it.show();
    await it.solve({ uid: 'alice' });

    expect([it.permits.granted, it.permits.services]).toEqual([[ALICE.uuid], ['keys']]);
  });

  it('that alters users gets no permit without a user, and other steps get none', async () => {
    const withoutUser = executorHarness(flowOf([{ kind: 'editor' }, { kind: 'page' }]), {
      ...script,
      'editor.challenge': { type: 'passed' },
    });
    await withoutUser.show();
    const it = executorHarness(flow, { ...script, 'scribe.challenge': { type: 'passed' } });
    await it.show();
    await it.solve({ uid: 'alice' });

    expect([...withoutUser.permits.granted, ...it.permits.granted]).toEqual([]);
    expect(it.stages.hops).toContain('scribe.challenge');
  });

  it('as the first step of its flow gets its request after the plan is stored', async () => {
    const first = executorHarness(flowOf([{ kind: 'scribe' }, { kind: 'page' }]), {
      ...script,
      'scribe.challenge': { type: 'passed' },
    });
    await first.show();

    expect(first.plans).toMatchObject({ saves: 2, revision: 1 });
  });

  it('gets its request without another save before it if the plan has not changed since its last save', async () => {
    const it = executorHarness(flowOf([{ kind: 'diary' }]), {
      'diary.challenge': challengeReply({}),
      'diary.respond': { type: 'passed' },
    });
    await it.show();
    await it.solve({ word: 'x' });

    expect(it.plans.saves).toBe(3);
  });
});
