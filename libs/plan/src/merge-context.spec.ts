import type { PlanContext, SavedUser } from '@gatehouse/contracts';
import { describe, expect, it } from 'vitest';
import { isProved, mergeContext, withDirectoryUser } from './merge-context.js';

const alice: SavedUser = {
  ...{ kind: 'saved', uuid: '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d', pk: 1, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};
const bob = { ...alice, uuid: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e', pk: 2, username: 'bob' };

describe('the fact is_restored, the proof of a mailed link,', () => {
  const following = (user: string | null): PlanContext => ({
    pending_user: alice,
    is_restored: { step: 'mail', user },
  });
  const remaining = (context: PlanContext, pending_user: unknown) =>
    mergeContext(context, { pending_user }, null).is_restored !== undefined;

  it('is kept for the user to whom the link was mailed, and removed when another user replaces that user (accident 3)', () => {
    expect(remaining(following(alice.uuid), { kind: 'saved', uuid: alice.uuid, backend: 'inbuilt' })).toBe(true);
    expect([remaining(following(alice.uuid), bob), remaining(following(alice.uuid), null)]).toEqual([false, false]);
  });

  it('is kept after the unsaved user to whom the link was mailed is saved', () => {
    expect(remaining(following(null), bob)).toBe(true);
  });
});

it('a change of the pending user removes facts that were proved for the previous user', () => {
  const proved = { ...alice, backend: 'inbuilt' };
  const { epoch, ...news } = { ...alice, email: 'new@example.org' };
  expect(mergeContext({ pending_user: proved }, { pending_user: news }, null).pending_user).toEqual({
    ...{ ...news, epoch, backend: 'inbuilt' },
  });
  expect(mergeContext({ pending_user: proved }, { pending_user: bob }, null).pending_user).toEqual(bob);
});

describe('the facts about the proof of a device', () => {
  const proved = (pending_user?: SavedUser): PlanContext => ({
    ...(pending_user && { pending_user }),
    ...{ auth_method: 'auth_mfa', auth_method_args: { mfa_devices: [{ pk: 1 }] }, enrolled_devices: [1] },
  });
  const FACTS = ['auth_method', 'auth_method_args', 'enrolled_devices'] as const;
  const remaining = (context: PlanContext, patch: object, visitor: string | null = null) => {
    const after = mergeContext(context, { ...patch }, visitor);
    return FACTS.filter((key) => after[key] !== undefined);
  };

  it('are kept for its user, and removed when another user replaces that user (accident 25)', () => {
    expect(remaining(proved(alice), { pending_user: bob })).toEqual([]);
    expect(remaining(proved(alice), { pending_user: null })).toEqual([]);
    expect(remaining(proved(alice), { pending_user: bob, auth_method: 'password' })).toEqual(['auth_method']);
    expect(remaining(proved(alice), { pending_user: { kind: 'saved', uuid: alice.uuid } })).toEqual(FACTS);
    expect(remaining(proved(), { pending_user: bob })).toEqual(FACTS);
  });

  it('are kept for the visitor of a plan without a pending user, and removed for another user (accident 25)', () => {
    expect(remaining(proved(), { pending_user: bob }, alice.uuid)).toEqual([]);
    expect(remaining(proved(), { pending_user: alice }, alice.uuid)).toEqual(FACTS);
    expect(remaining(proved(), { prompt_data: {} }, alice.uuid)).toEqual(FACTS);
    expect(remaining({}, { pending_user: bob, ...proved() }, alice.uuid)).toEqual(FACTS);
  });
});

it('another pending user removes a fact of a vendor, unless the same reply sets that fact', () => {
  const factAfter = (pending_user: SavedUser | null, patch: object = {}) =>
    mergeContext({ pending_user: alice, x_acme_risk: 3 } as PlanContext, { pending_user, ...patch }, null);
  expect(factAfter(alice)).toHaveProperty('x_acme_risk', 3);
  for (const other of [bob, null]) expect(factAfter(other)).not.toHaveProperty('x_acme_risk');
  expect(factAfter(bob, { x_acme_risk: 9 })).toHaveProperty('x_acme_risk', 9);
});

describe('the pending user in a reply of a stage that writes no users', () => {
  const userAfter = (pending_user: object) =>
    withDirectoryUser({ type: 'passed', context: { pending_user } }, alice).context?.['pending_user'];

  it('changes only the backend, so that mail goes to the address in the directory', () => {
    expect(userAfter({ ...alice, email: 'mallory@example.org', epoch: 9, backend: 'inbuilt' })).toEqual({
      ...alice,
      backend: 'inbuilt',
    });
    expect(userAfter({ kind: 'saved', uuid: alice.uuid })).toEqual(alice);
  });

  it('may be another user or null', () => {
    expect(userAfter(bob)).toEqual(bob);
    const gone = { type: 'passed', context: { pending_user: null } } as const;
    expect(withDirectoryUser(gone, alice)).toBe(gone);
  });
});

describe('isProved', () => {
  const proved = (context: PlanContext, visitor: string | null = null) => isProved({ context, visitor }, alice.uuid);

  it.each<[string, PlanContext, (string | null)?]>([
    ['verified_user is the user', { verified_user: alice.uuid }],
    ['the plan has an auth_method', { pending_user: alice, auth_method: 'password' }],
    [
      'the plan has an auth_method and no pending user, and the user is its visitor',
      { auth_method: 'auth_mfa' },
      alice.uuid,
    ],
  ])('is true if %s', (_, context, visitor) => {
    expect(proved(context, visitor)).toBe(true);
  });

  it.each<[string, PlanContext, (string | null)?]>([
    ['verified_user is another user', { verified_user: bob.uuid, pending_user: alice }],
    ['the plan has an auth_method of another pending user', { pending_user: bob, auth_method: 'password' }, alice.uuid],
    ['the plan has an auth_method of another visitor', { auth_method: 'auth_mfa' }, bob.uuid],
    ['auth_method is an app password', { pending_user: alice, auth_method: 'token' }],
    ['the plan has no auth_method', { pending_user: alice }, alice.uuid],
  ])('is false if %s', (_, context, visitor) => {
    expect(proved(context, visitor)).toBe(false);
  });
});
