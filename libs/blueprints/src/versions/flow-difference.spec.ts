import type { FlowVersion } from '@gatehouse/plan';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { describe, expect, it } from 'vitest';
import { describeChanges } from './difference-text.js';
import { flowDifference } from './flow-difference.js';
import { VersionContents } from './version-content.js';

const contents = new VersionContents(undefined);
const group = '11111111-1111-4111-8111-111111111111';
const principals = new Map([[group, 'group staff']]);
const stagesOf = (...ids: string[]): FlowVersion => {
  const { steps, ...version } = flowVersionOf(ids.map((id) => ({ id, kind: 'dummy' })));
  return { ...version, steps: steps.map((step, i) => ({ ...step, stage: { ...step.stage, name: ids[i]! } })) };
};
const difference = (before: FlowVersion, after: FlowVersion) =>
  describeChanges(flowDifference(before, after, { contents, principals }));
const binding = { order: 0, enabled: true, negate: false, timeout_s: 30, failure_result: false };

/** Returns a version with its first step changed. */
const withStep = (version: FlowVersion, change: object): FlowVersion => ({
  ...version,
  steps: version.steps.map((step, i) => (i === 0 ? { ...step, ...change } : step)),
});

describe('the difference of two versions', () => {
  it('is empty for equal versions', () => {
    expect(difference(stagesOf('a', 'b'), stagesOf('a', 'b'))).toEqual([]);
  });

  it('names the fields of the flow', () => {
    const version = stagesOf('a');
    const next = { ...version, flow: { ...version.flow, title: 'New', layout: 'sidebar_left' as const } };
    expect(difference(version, next)).toEqual([
      expect.stringMatching(/^flow ".*": layout: "stacked" → "sidebar_left"$/),
      expect.stringMatching(/^flow ".*": title: ".*" → "New"$/),
    ]);
  });

  it.each([
    { before: ['a', 'b', 'c'], after: ['a', 'c'], words: ['step "b" (dummy): removed at position 2'] },
    { before: ['a', 'c'], after: ['a', 'b', 'c'], words: ['step "b" (dummy): added at position 2'] },
    {
      before: ['a', 'b', 'c', 'd'],
      after: ['d', 'a', 'b', 'c'],
      words: ['step "d" (dummy): moved from position 4 to 1'],
    },
    { before: ['a', 'b', 'c'], after: ['b', 'c', 'a'], words: ['step "a" (dummy): moved from position 1 to 3'] },
  ])('of the steps $before and $after names only the steps that were added, removed or moved', (example) => {
    const orderless = ({ steps, ...version }: FlowVersion) => ({
      ...version,
      steps: steps.map((s) => ({ ...s, order: 0 })),
    });
    const [before, after] = [stagesOf(...example.before), stagesOf(...example.after)].map(orderless);
    expect(difference(before!, after!)).toEqual(example.words);
  });

  it('recognises a step whose binding was replaced', () => {
    const version = stagesOf('a', 'b');
    expect(difference(version, withStep(version, { id: 'other', order: 7 }))).toEqual([
      `step "a" (dummy): order: ${version.steps[0]?.order} → 7`,
    ]);
  });

  it('names the settings of a stage and the flags of its binding', () => {
    const version = stagesOf('a');
    const stage = version.steps[0]!.stage;
    const next = withStep(version, {
      evaluate_on_plan: true,
      stage: { ...stage, config: { fields: [{ id: 'x', name: 'email', type: 'text' }], limit: 3 } },
    });
    const last = withStep(next, {
      stage: { ...stage, config: { fields: [{ id: 'x', name: 'email', type: 'email' }], limit: 5 } },
    });
    expect(difference(version, next)).toContain('step "a" (dummy): limit: (none) → 3');
    expect(difference(next, last)).toEqual([
      'step "a" (dummy): fields.email.type: "text" → "email"',
      'step "a" (dummy): limit: 3 → 5',
    ]);
  });

  it('names conditions by their policy, group or user', () => {
    const version = stagesOf('a');
    const guarded = (flags: object) => ({
      ...withStep(version, { policies: { mode: 'any', bindings: [{ id: 'b', group, ...binding, ...flags }] } }),
    });
    expect(difference(version, guarded({}))).toEqual([
      'condition "group staff" of step "a": added, enabled true, failure_result false, negate false, order 0, timeout 30',
    ]);
    expect(difference(guarded({}), guarded({ negate: true, timeout_s: 5 }))).toEqual([
      'condition "group staff" of step "a": negate: false → true',
      'condition "group staff" of step "a": timeout: 30 → 5',
    ]);
    expect(difference(guarded({}), version)).toEqual(['condition "group staff" of step "a": removed']);
  });

  it('names a condition that becomes a shadow condition', () => {
    const version = stagesOf('a');
    const condition = { id: 'b', group, ...binding };
    const enforced = withStep(version, { policies: { mode: 'any', bindings: [condition] } });
    const shadow = withStep(version, { policies: { mode: 'any', bindings: [], shadow: [condition] } });
    expect(difference(enforced, shadow)).toEqual(['condition "group staff" of step "a": shadow: (none) → true']);
  });

  it('shows the lines of an expression that differ, without control characters', () => {
    const version = stagesOf('a');
    const policy = (expression: string): FlowVersion => ({
      ...version,
      policies: { p: { kind: 'expression', name: 'office', config: { expression } } },
    });
    expect(difference(policy('a = 1\nb = 2\nreturn a'), policy('a = 1\nb = "\u001b[2J"\nreturn a'))).toEqual([
      'policy "office" (expression): expression:',
      '  - b = 2',
      expect.not.stringContaining('\u001b'),
    ]);
  });

  it('names the changes of attached stages, and shows no values of secrets', () => {
    const attached = (config: object, secrets?: Record<string, unknown>): FlowVersion => ({
      ...stagesOf('a'),
      attached: {
        s: { id: 's', name: 'puzzle', kind: 'captcha', model: 'm', config: { ...config }, ...(secrets && { secrets }) },
      },
    });
    const sealed = (bytes: string) => ({ private_key: { 'gatehouse:sealed': bytes } });
    expect(difference(stagesOf('a'), attached({}))).toEqual(['attached stage "puzzle" (captcha): added']);
    expect(difference(attached({ x: 1 }, sealed('QQ==')), attached({ x: 2 }, sealed('Qg==')))).toEqual([
      'attached stage "puzzle" (captcha): private_key (secret): may have changed',
      'attached stage "puzzle" (captcha): x: 1 → 2',
    ]);
    expect(difference(attached({}, sealed('QQ==')), attached({}))).toEqual([
      'attached stage "puzzle" (captcha): private_key (secret): removed',
    ]);
    expect(difference(attached({}), attached({}, sealed('QQ==')))).toEqual([
      'attached stage "puzzle" (captcha): private_key (secret): added',
    ]);
  });
});
