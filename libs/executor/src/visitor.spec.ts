import { Problem } from '@gatehouse/contracts';
import { ALICE, DEFAULT_REPLIES, executorHarness, flowOf, rejectedReply } from '@gatehouse/executor/testing';
import type { FlowVersion } from '@gatehouse/plan';
import { describe, expect, it } from 'vitest';

const LOGIN = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);

describe('the plan of a session', () => {
  it('that has ended is shown to a retired session key, without a cookie', async () => {
    const { solve, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await solve({ uid: 'alice' });
    await solve({ password: 'hunter2' });
    plans.session = { id: 's', retired: true, remainingS: undefined, user: undefined };

    const answer = await solve({ password: 'hunter2' });
    expect(answer.result).toEqual({ type: 'done', to: '/' });
    expect(answer.cookie).toBeUndefined();
  });

  it('that is running fails with stage_busy for a retired session key, and calls no stage', async () => {
    const { solve, plans, stages } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await solve({ uid: 'alice' });
    plans.session = { id: 's', retired: true, remainingS: undefined, user: undefined };
    const hops = stages.hops.length;

    await expect(solve({ password: 'hunter2' })).rejects.toMatchObject({ code: 'stage_busy' });
    expect(stages.hops).toHaveLength(hops);
  });

  it('shows the next challenge, without its user, after a right answer that lost the race to a right one', async () => {
    const { solve, plans } = executorHarness(LOGIN, DEFAULT_REPLIES);
    await solve({ uid: 'alice' });
    plans.save = async () => {
      plans.session = { id: 's', retired: true, remainingS: undefined, user: undefined };
      return false;
    };

    const { result, context } = await solve({ password: 'hunter2' });
    expect(result).toMatchObject({ type: 'show', challenge: { secret: true } });
    expect(context).toEqual({});
  });

  it('shows no challenge, which may contain secrets, after a wrong answer that lost the race to a right one', async () => {
    const { solve, plans } = executorHarness(LOGIN, {
      ...DEFAULT_REPLIES,
      'secret.respond': rejectedReply(['password']),
    });
    await solve({ uid: 'alice' });
    plans.save = async () => {
      plans.session = { id: 's', retired: true, remainingS: undefined, user: undefined };
      return false;
    };

    await expect(solve({ password: 'wrong' })).rejects.toMatchObject({ code: 'stage_busy' });
  });

  it('gets a new session key with every proof, so that a planted key is worthless', async () => {
    const { solve } = executorHarness(
      flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'page' }]),
      DEFAULT_REPLIES,
    );

    expect((await solve({ uid: 'alice' })).cookie).toBeDefined();
    expect((await solve({ password: 'hunter2' })).cookie?.value).toMatch(/^[\w-]{43}$/);
    expect((await solve({ component: 'ak-stage-ident' })).cookie).toBeUndefined();
  });

  it('in a session with a fixed lifetime gets a new key whose cookie expires with the session', async () => {
    const { solve, plans } = executorHarness(flowOf([{ kind: 'secret' }, { kind: 'page' }]), DEFAULT_REPLIES);
    plans.session = { id: 's', retired: false, remainingS: 500, user: undefined };

    expect((await solve({ password: 'hunter2' })).cookie).toMatchObject({ maxAgeS: 500 });
  });

  it('continues only for a visitor who satisfies its flow’s requirement', async () => {
    const alice = { ...ALICE, is_superuser: false, debug: false };
    const version = flowOf([{ kind: 'page' }, { kind: 'page' }]);
    const closed = { ...version, flow: { ...version.flow, authentication: 'require_authenticated' as const } };
    const { show, solve, plans, stages } = executorHarness(closed, DEFAULT_REPLIES);
    plans.session = { id: 's', retired: false, remainingS: undefined, user: alice };
    expect((await show()).result).toMatchObject({ type: 'show' });
    plans.session = { id: 's', retired: false, remainingS: undefined, user: undefined };

    expect((await solve({ word: 'x' })).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toEqual(['page.challenge']);
  });

  it('does not continue for a visitor who does not satisfy the requirement any more', async () => {
    const { show, solve, plans, stages } = executorHarness(requiring('require_superuser', 'page'), DEFAULT_REPLIES);
    plans.session = sessionOf({ ...alice, is_superuser: true });
    await show();
    plans.session = sessionOf(alice);

    expect((await solve({ word: 'x' })).result).toMatchObject({ type: 'denied' });
    expect(stages.hops).toEqual(['page.challenge']);
  });

  it('restarts only for a visitor who satisfies its flow’s requirement', async () => {
    const version = flowOf([{ kind: 'logout' }, { kind: 'page', onRefusal: 'restart' }]);
    const members = { ...version, flow: { ...version.flow, authentication: 'require_authenticated' as const } };
    const { show, plans, stages } = executorHarness(members, {
      ...DEFAULT_REPLIES,
      'page.challenge': { type: 'denied' },
    });
    plans.session = sessionOf(alice);

    expect((await show()).result).toMatchObject({ message: { text: 'Flow does not apply to current user.' } });
    expect(stages.hops).toEqual(['logout.challenge', 'page.challenge']);
  });

  it('of an anonymous visitor does not continue for a user who has logged in since', async () => {
    const { show, solve, plans } = executorHarness(flowOf([{ kind: 'ident' }, { kind: 'page' }]), DEFAULT_REPLIES);
    await solve({ uid: 'alice' });
    plans.session = sessionOf(bob);

    expect((await show()).result).toMatchObject({ type: 'show', challenge: { who: true } });
    expect(plans.plan).toMatchObject({ cursor: 0, visitor: bob.uuid, context: {} });
  });

  it('continues after it has logged its visitor in, even if its flow requires an anonymous visitor', async () => {
    const version = flowOf([{ kind: 'ident' }, { kind: 'login' }, { kind: 'page' }]);
    const anonymousOnly = { ...version, flow: { ...version.flow, authentication: 'require_unauthenticated' as const } };
    const { solve, plans } = executorHarness(anonymousOnly, DEFAULT_REPLIES);
    expect((await solve({ uid: 'alice' })).result).toMatchObject({ type: 'show', challenge: { page: true } });
    plans.session = {
      id: 's',
      retired: false,
      remainingS: undefined,
      user: { ...ALICE, is_superuser: false, debug: false },
    };
    expect((await solve({ word: 'x' })).result).toEqual({ type: 'done', to: '/' });

    const otherHarness = executorHarness(anonymousOnly, DEFAULT_REPLIES);
    await otherHarness.show();
    otherHarness.plans.session = plans.session;
    expect((await otherHarness.solve({ uid: 'alice' })).result).toMatchObject({ type: 'denied' });
  });
});

const alice = { ...ALICE, is_superuser: false, debug: false };
const bob = { ...alice, uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0003', username: 'bob' };
const sessionOf = (user: typeof alice | undefined) => ({ id: 's', retired: false, remainingS: undefined, user });
const requiring = (authentication: FlowVersion['flow']['authentication'], ...kinds: string[]) => {
  const version = flowOf(kinds.map((kind) => ({ kind })));
  return { ...version, flow: { ...version.flow, authentication } };
};

it('the rate limit of anonymous visitors is checked before any other work, and not for logged-in users', async () => {
  const { show, plans, stages } = executorHarness(requiring('none', 'page'), DEFAULT_REPLIES);
  const checkAnonymousRate = () => {
    throw new Problem('rate_limited', { retry_after_s: 1 });
  };

  await expect(show({ checkAnonymousRate })).rejects.toMatchObject({ code: 'rate_limited' });
  await expect(show({ checkAnonymousRate, authenticate: async () => bob })).rejects.toMatchObject({
    code: 'rate_limited',
  });
  expect(stages.hops).toEqual([]);
  plans.session = sessionOf(alice);
  expect((await show({ checkAnonymousRate })).result).toMatchObject({ type: 'show' });
});

describe('an API token', () => {
  const authenticate = async () => bob;

  it('determines the user for the flow’s authentication requirement and for every stage', async () => {
    const { show, stages, plans } = executorHarness(requiring('require_authenticated', 'page'), DEFAULT_REPLIES);
    plans.session = sessionOf(alice);

    expect(await show({ authenticate })).toMatchObject({ result: { type: 'show' }, sessionUser: { username: 'bob' } });
    expect(stages.requests[0]?.session.user).toMatchObject({ username: 'bob' });
    expect(plans.plan?.visitor).toBe(bob.uuid);
    expect(plans.session.user).toBe(alice);
  });

  it('gives a plan only the rights of the user of the token, not those of the user of the session', async () => {
    const { show, plans } = executorHarness(requiring('require_superuser', 'page'), DEFAULT_REPLIES);
    plans.session = sessionOf({ ...alice, is_superuser: true });

    expect((await show({ authenticate })).result).toMatchObject({ type: 'denied' });
    expect((await show()).result).toMatchObject({ type: 'show' });
  });

  it('needs no CSRF token', async () => {
    const { solve, plans } = executorHarness(requiring('none', 'page'), DEFAULT_REPLIES);
    plans.session = sessionOf(alice);
    const answer = { body: { word: 'x' }, csrfFailure: { text: 'no token' } };

    await expect(solve(undefined, { answer })).rejects.toMatchObject({ code: 'csrf_failed' });
    expect((await solve(undefined, { answer, authenticate })).result).toMatchObject({ type: 'done' });
  });

  it('does not permit an answer from another site', async () => {
    const { solve, stages } = executorHarness(requiring('none', 'page'), DEFAULT_REPLIES);
    const answer = {
      body: { word: 'x' },
      crossSiteFailure: { text: 'another site' },
      csrfFailure: { text: 'no token' },
    };

    await expect(solve(undefined, { answer })).rejects.toMatchObject({ code: 'csrf_failed' });
    expect(stages.hops).toEqual([]);
    expect((await solve(undefined, { answer, authenticate })).result).toMatchObject({ type: 'done' });
  });

  it('is looked up after the check of the media type, and before the checks of CSRF token and body', async () => {
    const { solve, plans } = executorHarness(requiring('none', 'page'), DEFAULT_REPLIES);
    plans.session = sessionOf(alice);
    const refused = async () => Promise.reject(new Problem('token_invalid'));
    const send = (bodyProblem: Problem) =>
      solve(undefined, {
        answer: { body: undefined, csrfFailure: { text: 'no token' }, bodyProblem },
        authenticate: refused,
      });

    await expect(send(new Problem('unsupported_media_type'))).rejects.toMatchObject({ code: 'unsupported_media_type' });
    await expect(send(new Problem('malformed_json'))).rejects.toMatchObject({ code: 'token_invalid' });
  });
});

describe('a logout within a flow', () => {
  it('makes the visitor anonymous for the later steps of the plan', async () => {
    const { solve, stages, plans } = executorHarness(
      requiring('require_authenticated', 'page', 'logout', 'page'),
      DEFAULT_REPLIES,
    );
    plans.session = sessionOf(alice);
    const answer = await solve({ word: 'x' }, { query: { next: '/app/' } });
    expect(answer).toMatchObject({ result: { type: 'show' }, cookie: { maxAgeS: undefined } });
    expect(stages.requests.map(({ session }) => session.user?.kind ?? null)).toEqual(['saved', 'saved', null]);
    expect(plans.savedEffects).toEqual([{ type: 'logout' }]);
    plans.session = sessionOf(undefined);

    expect((await solve({ word: 'y' })).result).toEqual({ type: 'done', to: '/app/' });
  });

  it('does not waive the requirement of an outpost', async () => {
    const { show, solve } = executorHarness(requiring('require_outpost', 'page', 'page'), DEFAULT_REPLIES);
    const client = { ip: '203.0.113.7', user_agent: '', outpost: true, cookies: {} };
    expect((await show({ client })).result).toMatchObject({ type: 'show' });

    expect((await solve({ word: 'x' })).result).toMatchObject({ type: 'denied' });
  });

  it('followed by a login makes the new user the session’s user', async () => {
    const { solve, stages, plans } = executorHarness(
      requiring('none', 'ident', 'logout', 'login', 'page'),
      DEFAULT_REPLIES,
    );
    plans.session = sessionOf(bob);
    await solve({ uid: 'alice' });

    expect(stages.requests.at(-1)?.session.user).toMatchObject({ username: 'alice' });
    expect(plans.plan?.visitor).toBe(ALICE.uuid);
  });
});

describe('a session that violates its binding', () => {
  it.each([
    { designation: 'enrollment', query: { next: '/app/', flow_token: 'x' }, next: '/if/flow/login/?next=%2Fapp%2F' },
    { designation: 'enrollment', query: {}, next: '/if/flow/login/' },
    { designation: 'authentication', query: { next: '/app/' }, next: '/app/' },
    { designation: 'authentication', query: {}, next: null },
  ] as const)(
    'redirects to a login that redirects to the flow afterwards: $designation, $query',
    async (redirectCase) => {
      const version = requiring('none', 'page');
      const flow = { ...version.flow, designation: redirectCase.designation };
      const { show, plans, boundSessions, stages } = executorHarness({ ...version, flow }, DEFAULT_REPLIES);
      plans.session = { ...sessionOf(alice), lastIp: '198.51.100.1' };
      boundSessions.bindings = { network: 'bind_asn', geoip: 'no_binding' };
      const { result, sessionUser } = await show({ query: redirectCase.query });

      const { pathname, searchParams } = new URL(result.type === 'done' ? result.to : '', 'http://here');
      expect(pathname).toBe('/flows/-/default/authentication/');
      expect(searchParams.get('next')).toBe(redirectCase.next);
      expect(sessionUser).toBeUndefined();
      expect(stages.hops).toEqual([]);
      expect(boundSessions.ended).toHaveLength(1);
    },
  );

  it('is not looked up while its address stays the same', async () => {
    const { show, plans, boundSessions } = executorHarness(requiring('none', 'page'), DEFAULT_REPLIES);
    plans.session = { ...sessionOf(alice), lastIp: '203.0.113.7' };
    await show();

    expect(boundSessions.lookups).toBe(0);
  });
});
