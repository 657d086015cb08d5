import { simulatedContracts as contracts } from '@gatehouse/blueprints';
import { policySetOf } from '@gatehouse/executor/testing';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { simulate } from '@gatehouse/simulation';
import { describe, expect, it } from 'vitest';
import { presentSimulation } from './flow-simulation.presenter.js';

const names = new Map([['g', 'staff\u202e']]);
const version = flowVersionOf([
  { id: 'who', kind: 'identification', config: { user_fields: ['username'] } },
  { id: 'word', kind: 'password', config: { backends: ['x'] }, policies: policySetOf({ policy: 'hours' }) },
  { id: 'code', kind: 'authenticator_totp', config: {}, policies: policySetOf({ group: 'g' }) },
  { id: 'in', kind: 'user_login' },
]);
const shown = presentSimulation(3, simulate({ version, contracts }), names);

describe('the simulation of a version on its page', () => {
  it('reports a login without a factor with its conditions, and shows unprintable characters of names as codes', () => {
    expect(shown.findings).toContainEqual({
      type: 'login_without_factor',
      step: 'the in stage',
      conditions: [
        { type: 'visitor', answer: 'anonymous' },
        { type: 'policy', name: 'hours', answer: 'fail' },
        { type: 'group', name: 'staff\\u{202e}', answer: 'no' },
      ],
    });
  });

  it('names policies whose effect on the plan is unknown', () => {
    // The gateway does not know the kind of the policies of this version.
    expect(shown.findings).toContainEqual({ type: 'changing_policy', policy: 'hours' });
  });

  it('lists the paths with conditions, steps and end, and the steps that may ask again or deny the login', () => {
    const [first] = shown.paths;
    expect(
      first?.parts.map((part) => (part.type === 'step' ? part.name : part.alternatives.flat().map((c) => c.answer))),
    ).toEqual([['anonymous'], 'the who stage', ['pass'], 'the word stage', ['yes'], 'the code stage', 'the in stage']);
    expect(first?.end).toEqual({ type: 'done', login: ['first'] });
    expect(shown.asksAgain).toEqual(expect.arrayContaining(['the who stage', 'the word stage']));
    expect(shown.mayDeny).toContain('the word stage');
    expect(shown.paths.every(({ end }) => end.type !== 'denied')).toBe(true);
  });

  it('shows five alternatives of a part at most', () => {
    const policies = policySetOf(...'abcdefgh'.split('').map((policy) => ({ policy })));
    const many = simulate({ version: flowVersionOf([{ id: 'a', policies }]), contracts });
    const { paths } = presentSimulation(1, many, names);
    const parts = paths.flatMap((path) => path.parts).filter((part) => part.type === 'conditions');
    expect(parts.map(({ alternatives, isCut }) => [alternatives.length, isCut])).toContainEqual([5, true]);
    expect(Math.max(...parts.map(({ alternatives }) => alternatives.length))).toBe(5);
  });
});
