import type { PolicyResult, User } from '@gatehouse/contracts';
import { policyBindingOf, policySetOf } from '@gatehouse/executor/testing';
import { describe, expect, it } from 'vitest';
import { flowVersionOf } from '../testing/flow-version.js';
import {
  callablePolicies,
  evaluatePolicySet,
  findPolicy,
  isUnconditional,
  type PolicyFacts,
  queriesFor,
} from './policy-set.js';

const ALICE = '41c05c63-2f0e-4b3b-9d38-5e3c1a2b4c5d';
const alice: User = {
  ...{ kind: 'saved', uuid: ALICE, pk: 1, username: 'alice', name: 'Alice' },
  ...{ email: 'alice@example.org', is_active: true, epoch: 1, locale: '' },
};
const yes: PolicyResult = { pass: true, messages: ['yes'] };
const no: PolicyResult = { pass: false, messages: ['no'] };
const broken: PolicyResult = { pass: true, messages: ['it broke'], error: 'division by zero' };

const factsOf = (more: Partial<PolicyFacts> = {}): PolicyFacts => ({
  user: alice,
  groups: new Set(['staff']),
  results: { yes, no, broken },
  ...more,
});
const passes = (binding: Parameters<typeof policySetOf>[0], facts = factsOf()) =>
  evaluatePolicySet(policySetOf(binding), facts).pass;

describe('a policy set', () => {
  it('passes if it is empty, or if no binding is enabled', () => {
    const off = policySetOf({ group: 'board', enabled: false });
    for (const mode of ['any', 'all'] as const) {
      expect(evaluatePolicySet({ mode, bindings: [] }, factsOf())).toEqual({
        pass: true,
        messages: [],
        undecided: false,
      });
      expect(evaluatePolicySet({ ...off, mode }, factsOf())).toEqual({ pass: true, messages: [], undecided: false });
    }
    expect(isUnconditional(off)).toBe(true);
    expect(isUnconditional(policySetOf({ group: 'board' }))).toBe(false);
  });

  it.each([
    ['any', ['yes', 'no'], true],
    ['any', ['no', 'no'], false],
    ['all', ['yes', 'no'], false],
    ['all', ['yes', 'yes'], true],
  ] as const)('of mode %s with the policies %j passes: %s', (mode, policies, pass) => {
    expect(evaluatePolicySet({ ...policySetOf(...policies.map((policy) => ({ policy }))), mode }, factsOf()).pass).toBe(
      pass,
    );
  });

  it('has the messages of all its evaluated policies, sorted by order and then by binding id', () => {
    const set = policySetOf(
      { id: 'c', order: 2, policy: 'yes' },
      { id: 'b', order: 1, policy: 'no' },
      { id: 'a', order: 1, policy: 'broken' },
      { id: 'd', order: 0, policy: 'no', enabled: false },
    );
    expect(evaluatePolicySet(set, factsOf()).messages).toEqual(['it broke', 'no', 'yes']);
  });

  it('queries each group and policy of its enabled bindings once', () => {
    const set = policySetOf(
      { policy: 'yes', timeout_s: 1 },
      { policy: 'yes', timeout_s: 3 },
      { policy: 'no', enabled: false },
      { group: 'staff' },
      { group: 'staff', negate: true },
      { group: 'board', enabled: false },
      { user: ALICE },
    );
    expect(queriesFor(set)).toEqual({ groups: ['staff'], policies: [{ id: 'yes', timeoutMs: 3000 }] });
  });

  it('sets no time limit for a policy if one of the policy’s bindings has none', () => {
    const set = policySetOf({ policy: 'yes', timeout_s: 0 }, { policy: 'yes', timeout_s: 3 });
    expect(queriesFor(set).policies).toEqual([{ id: 'yes', timeoutMs: Number.POSITIVE_INFINITY }]);
  });
});

describe('a policy binding', () => {
  it.each([
    ['a group the user is in', { group: 'staff' }, true],
    ['a group the user is not in', { group: 'board' }, false],
    ['the user', { user: ALICE }, true],
    ['another user', { user: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' }, false],
    ['a policy that passes', { policy: 'yes' }, true],
    ['a policy that does not pass', { policy: 'no' }, false],
  ])('on %s is inverted by negate', (_what, binding, fits) => {
    expect(passes(binding)).toBe(fits);
    expect(passes({ ...binding, negate: true })).toBe(!fits);
  });

  it.each<[string, User | undefined]>([
    ['an anonymous visitor', undefined],
    ['a pretended user', { kind: 'pretended', username: 'alice', email: '' }],
    ['a user who is not saved yet', { kind: 'unsaved', username: 'alice', name: '', email: '' }],
  ])('on a group or a user does not match %s, before negate', (_who, user) => {
    for (const binding of [{ group: 'staff' }, { user: ALICE }]) {
      expect(passes(binding, factsOf({ user }))).toBe(false);
      expect(passes({ ...binding, negate: true }, factsOf({ user }))).toBe(true);
    }
  });

  it.each([
    ['an anonymous visitor', undefined],
    ['a user who is not saved yet', { kind: 'unsaved' as const, username: 'alice', name: '', email: '' }],
  ])('on a group or a user does not pass for %s in 2026.8, even if it is negated', (_who, user) => {
    const facts = factsOf({ user, apiVersion: '2026.8' });
    for (const binding of [{ group: 'staff' }, { user: ALICE }]) {
      expect(passes(binding, facts)).toBe(false);
      expect(passes({ ...binding, negate: true }, facts)).toBe(false);
    }
    expect(passes({ policy: 'no', negate: true }, facts)).toBe(true);
    expect(passes({ group: 'board', negate: true }, factsOf({ apiVersion: '2026.8' }))).toBe(true);
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('whose policy threw counts as its failure_result %s, also with negate: %s', (failure_result, negate) => {
    expect(passes({ policy: 'broken', failure_result, negate })).toBe(failure_result);
  });

  it.each([
    ['any', ['broken', 'no'], true],
    ['any', ['broken', 'yes'], false],
    ['all', ['broken', 'yes'], true],
    ['all', ['broken', 'no'], false],
    ['any', ['no'], false],
  ] as const)('makes a set of mode %s with the policies %j undecided: %s', (mode, policies, undecided) => {
    const set = { ...policySetOf(...policies.map((policy) => ({ policy }))), mode };
    expect(evaluatePolicySet(set, factsOf()).undecided).toBe(undecided);
    const settled = { ...set, bindings: set.bindings.map((binding) => ({ ...binding, failure_result: true })) };
    expect(evaluatePolicySet(settled, factsOf()).undecided).toBe(false);
  });

  it('whose policy was not evaluated throws', () => {
    expect(() => passes({ policy: 'unheard', failure_result: true })).toThrow('unheard');
    expect(() => passes({ policy: 'constructor', negate: true })).toThrow('constructor');
  });
});

describe('a policy of a flow version', () => {
  const version = flowVersionOf([
    { id: 'a', policies: { mode: 'any', bindings: [policyBindingOf({ id: 'c', policy: 'p' })] } },
  ]);
  it('is found with the config that the version stores', () => {
    expect(findPolicy(version, 'p')).toEqual({ id: 'p', kind: 'test', name: 'p', config: {} });
  });
  it('throws if the version does not have it', () => {
    expect(() => findPolicy(version, 'toString')).toThrow('toString');
  });
  it('has in callablePolicies each policy that it calls, directly or indirectly, once', () => {
    const calling = (name: string, ...calls: string[]) => ({ kind: 'test', name, config: {}, calls });
    const policies = { a: calling('a', 'b'), b: calling('b', 'c', 'a'), c: calling('c'), d: calling('d') };
    const names = callablePolicies({ ...version, policies }, ['a']).map(({ name }) => name);
    expect(names).toEqual(['b', 'c', 'a']);
    expect(callablePolicies(version, ['p'])).toEqual([]);
  });
});
