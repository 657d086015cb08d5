import { ALICE, DEFAULT_REPLIES, executorHarness, flowOf } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';

const BOB = { ...ALICE, uuid: '41c0a6de-1d6b-4a8e-9d0f-5d2a4a3f0009', pk: 8, username: 'bob' };
const CALLER = { ...BOB, is_superuser: false, debug: false };
const TARGET = '5f7a1c1e-58c8-4b6e-8a0e-5d2a4a3f0008';
const SET = Buffer.alloc(32, 1);
const SWITCH = { action: 'switch', from: BOB.uuid, session: TARGET } as const;
const ADD = { action: 'add', from: BOB.uuid } as const;

/** Returns a harness with a session of bob, whose browser may switch to a session of alice. */
function harnessOf(version: ReturnType<typeof flowOf>, apiVersion: '2024.8' | '2026.8' = '2026.8') {
  const harness = executorHarness(version, DEFAULT_REPLIES, { apiVersion });
  harness.plans.session = { id: 's', retired: false, remainingS: undefined, user: CALLER };
  harness.plans.switchTarget = { set: SET, user: ALICE.uuid, remainingS: 90 };
  const begin = (userSwitch: typeof SWITCH | typeof ADD) =>
    harness.start({ visitor: CALLER, context: userSwitch === SWITCH ? { pending_user: ALICE } : {}, userSwitch });
  return { ...harness, begin };
}

describe('a plan that switches the browser to another user', () => {
  it('changes the session at its end, and skips the steps that would log the user in', async () => {
    const { begin, show, solve, plans } = harnessOf(flowOf([{ kind: 'page' }, { kind: 'login' }]));
    await begin(SWITCH);
    await show({ loginSet: SET });
    expect(plans.switches).toEqual([]);
    const { result, cookie } = await solve({}, { loginSet: SET });
    expect(result).toEqual({ type: 'done', to: '/' });
    expect(plans.switches).toMatchObject([{ action: 'switch', session: TARGET, from: BOB.uuid, set: SET }]);
    expect(plans.savedEffects.map(({ type }) => type)).not.toContain('login');
    expect(cookie).toMatchObject({ maxAgeS: 90, set: expect.stringMatching(/^[\w-]{43}$/) });
  });

  it.each([
    [
      'the session has ended',
      SET,
      (harness: ReturnType<typeof harnessOf>) => void (harness.plans.switchTarget = undefined),
    ],
    ['the browser has no switching cookie', undefined, () => undefined],
    ['the browser has another switching cookie', Buffer.alloc(32), () => undefined],
    ['the plan has logged its user out', SET, undefined],
  ])('is denied at its end and keeps the session if %s', async (_, loginSet, change) => {
    const harness = harnessOf(flowOf([{ kind: 'page' }, ...(change ? [] : [{ kind: 'logout' }])]));
    await harness.begin(SWITCH);
    await harness.show({ ...(loginSet && { loginSet }) });
    change?.(harness);
    const { result, cookie } = await harness.solve({}, { ...(loginSet && { loginSet }) });
    expect(result).toMatchObject({ type: 'denied', reason: 'session_ended' });
    expect([harness.plans.switches, cookie?.set]).toEqual([[], undefined]);
  });
});

describe('a login that adds a user', () => {
  const login = flowOf([{ kind: 'ident' }, { kind: 'secret' }, { kind: 'login' }]);
  const guarded = { ...login, flow: { ...login.flow, authentication: 'require_unauthenticated' as const } };

  it('runs a flow for anonymous visitors, and creates a second session', async () => {
    const { begin, solve, plans } = harnessOf(guarded);
    await begin(ADD);
    await solve({ uid: 'alice' });
    const { cookie } = await solve({ password: 'hunter2' });
    expect(plans.switches).toMatchObject([{ action: 'add', from: BOB.uuid, set: undefined }]);
    expect(cookie?.set).toBeDefined();
  });

  it('is refused by a flow for logged-in users, and a login without it adds no user', async () => {
    const forUsers = { ...login, flow: { ...login.flow, authentication: 'require_authenticated' as const } };
    await expect(harnessOf(forUsers).begin(ADD)).rejects.toMatchObject({ code: 'flow_not_applicable' });
    const { solve, plans } = harnessOf(login);
    await solve({ uid: 'alice' });
    expect((await solve({ password: 'hunter2' })).cookie?.set).toBeUndefined();
    expect(plans.switches).toEqual([]);
  });
});
