import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { stages } from '@gatehouse/stages';
import { describe, expect, it } from 'vitest';
import { protectionDifferences } from './protection.js';

const find = (kind: string) =>
  Object.values(stages)
    .map(({ contract }) => contract)
    .find((contract) => contract.kind === kind);
const LOGIN = [
  { id: 'name', kind: 'identification' },
  { id: 'password', kind: 'password' },
  { id: 'login', kind: 'user_login' },
];
const versionOf = (...steps: { id: string; kind: string; config?: object }[]): FlowVersion =>
  flowVersionOf(steps.map(({ config, ...step }) => ({ ...step, config: { ...config } })));
const current = versionOf(...LOGIN);
const differences = (candidate: FlowVersion, before = current) => protectionDifferences(before, candidate, find);
const mfa = { id: 'mfa', kind: 'authenticator_validate' };

describe('the protections of two flow versions', () => {
  it('do not differ if only captchas, pages or texts were added, changed or moved', () => {
    const captcha = { id: 'captcha', kind: 'captcha', config: { public_key: 'broken' } };
    expect(differences(versionOf(captcha, ...LOGIN))).toEqual([]);
    expect(differences(versionOf(...LOGIN), versionOf(captcha, ...LOGIN))).toEqual([]);
    expect(differences(versionOf(LOGIN[0]!, { id: 'page', kind: 'dummy' }, ...LOGIN.slice(1)))).toEqual([]);
    expect(differences({ ...current, flow: { ...current.flow, title: 'Hello' } })).toEqual([]);
  });

  it.each([
    [
      'a second factor',
      versionOf(...LOGIN.slice(0, 2), mfa, LOGIN[2]!),
      'the new step "the mfa stage" (authenticator_validate)',
    ],
    [
      'a form, whose policies may ask for a secret',
      versionOf({ id: 'form', kind: 'prompt' }, ...LOGIN),
      'the new step "the form stage" (prompt)',
    ],
    [
      'an external stage',
      versionOf({ id: 'own', kind: 'own_check' }, ...LOGIN),
      'the new step "the own stage" (own_check)',
    ],
    [
      'a setting of a factor',
      versionOf(LOGIN[0]!, { ...LOGIN[1]!, config: { backends: [] } }, LOGIN[2]!),
      'the step "the password stage" (password)',
    ],
    ['another order of the factors', versionOf(LOGIN[1]!, LOGIN[0]!, LOGIN[2]!), 'the order of the steps'],
    ['no password', versionOf(LOGIN[0]!, LOGIN[2]!), 'the removed step "the password stage" (password)'],
    [
      'another requirement',
      { ...current, flow: { ...current.flow, authentication: 'require_superuser' as const } },
      'the requirement',
    ],
    ['another policy', { ...current, policies: { p: { kind: 'dummy', name: 'p', config: {} } } }, 'the policies'],
  ])('differ with %s', (_, candidate, difference) => {
    expect(differences(candidate)).toEqual([difference]);
    expect(differences(current, candidate)).toHaveLength(1);
  });

  it('differ if a step gets a policy', () => {
    const bindings = [
      { id: 'b', group: 'g', order: 0, enabled: true, negate: false, timeout_s: 30, failure_result: false },
    ];
    const guarded = (version: FlowVersion): FlowVersion => ({
      ...version,
      steps: version.steps.map((step, i) => (i === 0 ? { ...step, policies: { mode: 'any', bindings } } : step)),
    });
    const paged = versionOf({ id: 'page', kind: 'dummy' }, ...LOGIN);
    expect(differences(guarded(paged), paged)).toEqual(['the new step "the page stage" (dummy)']);
  });

  it('are compared binding by binding if a flow binds a stage twice', () => {
    const twice = versionOf(...LOGIN.slice(0, 2), mfa, { id: 'page', kind: 'dummy' }, mfa, LOGIN[2]!);
    const asksAgain = { invalid_response_action: 'restart' } as const;
    const strict: FlowVersion = {
      ...twice,
      steps: twice.steps.map((step, i) => (i === 4 ? { ...step, ...asksAgain } : step)),
    };
    const step = 'the step "the mfa stage" (authenticator_validate)';
    expect(differences(strict, twice)).toEqual([step]);
    expect(differences(twice, strict)).toEqual([step]);
    const captcha = versionOf({ id: 'captcha', kind: 'captcha' }).steps;
    expect(differences({ ...strict, steps: [...captcha, ...strict.steps] }, strict)).toEqual([]);
  });
});
