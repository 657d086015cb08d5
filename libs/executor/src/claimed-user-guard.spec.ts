import { ALICE, DEFAULT_REPLIES, executorHarness, flowOf } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';
import { policySetOf } from '../testing/fake-policy-client.js';

const NAMED = { results: { p: { pass: true, messages: [] } }, context: { set: { pending_user: ALICE }, unset: [] } };
const EDIT = { 'editor.challenge': { type: 'passed' } } as const;

/** Returns a harness for a flow whose policy makes alice the plan's user, and whose next step writes to her account. */
function harness(of: { readonly is_superuser: boolean; readonly awaits_setup: boolean }) {
  const flow = flowOf([{ kind: 'page', policies: policySetOf({ policy: 'p' }) }, { kind: 'editor' }]);
  const parts = executorHarness(flow, { ...DEFAULT_REPLIES, ...EDIT });
  parts.policies.replies['p'] = NAMED;
  parts.users.users.set(ALICE.uuid, { ...ALICE, ...of });
  return parts;
}

it.each([
  ['an ordinary user', { is_superuser: false, awaits_setup: false }],
  ['a superuser who waits for the set-up', { is_superuser: true, awaits_setup: true }],
])('the guard allows a flow to change %s whom a policy names', async (_who, of) => {
  const { solve, permits } = harness(of);
  await solve({ word: 'x' });
  expect(permits.granted).toEqual([ALICE.uuid]);
});

it('the guard refuses to change a superuser whom a policy names, before a permit or request (accident 7)', async () => {
  const { solve, permits, stages } = harness({ is_superuser: true, awaits_setup: false });

  expect((await solve({ word: 'x' })).result).toMatchObject({
    problem: { code: 'stage_fault', detail: { text: 'a policy names a superuser, who has proved nothing' } },
  });
  expect([permits.granted, stages.hops]).toEqual([[], ['page.respond']]);
});

it('the guard does not query the directory about a user whose name was typed', async () => {
  const { solve, users } = executorHarness(flowOf([{ kind: 'ident' }, { kind: 'editor' }]), {
    ...DEFAULT_REPLIES,
    ...EDIT,
  });
  await solve({ uid: 'alice' });
  expect(users.lookups).toBe(0);
});
