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

const known = (more: Partial<PolicyFacts> = {}): PolicyFacts => ({
  user: alice,
  groups: new Set(['staff']),
  results: { yes, no, broken },
  ...more,
});
const passes = (binding: Parameters<typeof policySetOf>[0], evidence = known()) =>
  evaluatePolicySet(policySetOf(binding), evidence).pass;

describe('a set of conditions', () => {
  it('lets everybody through when it is empty, or when nothing in it is enabled', () => {
    const off = policySetOf({ group: 'board', enabled: false });
    for (const mode of ['any', 'all'] as const) {
      expect(evaluatePolicySet({ mode, bindings: [] }, known())).toEqual({
        pass: true,
        messages: [],
        undecided: false,
      });
      expect(evaluatePolicySet({ ...off, mode }, known())).toEqual({ pass: true, messages: [], undecided: false });
    }
    expect(isUnconditional(off)).toBe(true);
    expect(isUnconditional(policySetOf({ group: 'board' }))).toBe(false);
  });

  it.each([
    ['any', ['yes', 'no'], true],
    ['any', ['no', 'no'], false],
    ['all', ['yes', 'no'], false],
    ['all', ['yes', 'yes'], true],
  ] as const)('of mode %s decides %j as %s', (mode, policies, pass) => {
    expect(evaluatePolicySet({ ...policySetOf(...policies.map((policy) => ({ policy }))), mode }, known()).pass).toBe(
      pass,
    );
  });

  it('says what all its policies said, passing ones included, by order and then by id', () => {
    const set = policySetOf(
      { id: 'c', order: 2, policy: 'yes' },
      { id: 'b', order: 1, policy: 'no' },
      { id: 'a', order: 1, policy: 'broken' },
      { id: 'd', order: 0, policy: 'no', enabled: false },
    );
    expect(evaluatePolicySet(set, known()).messages).toEqual(['it broke', 'no', 'yes']);
  });

  it('asks for each group and each policy once, and for nothing that is not enabled', () => {
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

  it('gives a policy all the time there is where a binding has no seconds for it', () => {
    const set = policySetOf({ policy: 'yes', timeout_s: 0 }, { policy: 'yes', timeout_s: 3 });
    expect(queriesFor(set).policies).toEqual([{ id: 'yes', timeoutMs: Number.POSITIVE_INFINITY }]);
  });
});

describe('a condition', () => {
  it.each([
    ['a group the user is in', { group: 'staff' }, true],
    ['a group the user is not in', { group: 'board' }, false],
    ['the user', { user: ALICE }, true],
    ['another user', { user: '52d16d74-3a1f-4c4c-8e49-6f4d2b3c5d6e' }, false],
    ['a policy that passes', { policy: 'yes' }, true],
    ['a policy that does not', { policy: 'no' }, false],
  ])('on %s is turned round by negate', (_what, binding, fits) => {
    expect(passes(binding)).toBe(fits);
    expect(passes({ ...binding, negate: true })).toBe(!fits);
  });

  it.each<[string, User | undefined]>([
    ['a stranger', undefined],
    ['a pretended user', { kind: 'pretended', username: 'alice', email: '' }],
    ['a user who is not saved yet', { kind: 'unsaved', username: 'alice', name: '', email: '' }],
  ])('on a group or a user is a plain no for %s, and then negated', (_who, user) => {
    for (const binding of [{ group: 'staff' }, { user: ALICE }]) {
      expect(passes(binding, known({ user }))).toBe(false);
      expect(passes({ ...binding, negate: true }, known({ user }))).toBe(true);
    }
  });

  it.each([
    [false, false],
    [false, true],
    [true, false],
    [true, true],
  ])('whose policy could not decide counts as its failure_result %s, negate %s or not', (failure_result, negate) => {
    expect(passes({ policy: 'broken', failure_result, negate })).toBe(failure_result);
  });

  it.each([
    ['any', ['broken', 'no'], true],
    ['any', ['broken', 'yes'], false],
    ['all', ['broken', 'yes'], true],
    ['all', ['broken', 'no'], false],
    ['any', ['no'], false],
  ] as const)('of a set of mode %s, %j, leaves it undecided: %s', (mode, policies, undecided) => {
    const set = { ...policySetOf(...policies.map((policy) => ({ policy }))), mode };
    expect(evaluatePolicySet(set, known()).undecided).toBe(undecided);
    const settled = { ...set, bindings: set.bindings.map((binding) => ({ ...binding, failure_result: true })) };
    expect(evaluatePolicySet(settled, known()).undecided).toBe(false);
  });

  it('whose policy was not evaluated is never guessed', () => {
    expect(() => passes({ policy: 'unheard', failure_result: true })).toThrow('unheard');
    expect(() => passes({ policy: 'constructor', negate: true })).toThrow('constructor');
  });
});

describe('a policy of a version', () => {
  const version = flowVersionOf([
    { id: 'a', policies: { mode: 'any', bindings: [policyBindingOf({ id: 'c', policy: 'p' })] } },
  ]);
  it('is what it was when the flow was published', () => {
    expect(findPolicy(version, 'p')).toEqual({ id: 'p', kind: 'test', name: 'p', config: {} });
  });
  it('is never guessed', () => {
    expect(() => findPolicy(version, 'toString')).toThrow('toString');
  });
  it('may call others, and those others still, each once', () => {
    const calling = (name: string, ...calls: string[]) => ({ kind: 'test', name, config: {}, calls });
    const policies = { a: calling('a', 'b'), b: calling('b', 'c', 'a'), c: calling('c'), d: calling('d') };
    const names = callablePolicies({ ...version, policies }, ['a']).map(({ name }) => name);
    expect(names).toEqual(['b', 'c', 'a']);
    expect(callablePolicies(version, ['p'])).toEqual([]);
  });
});
