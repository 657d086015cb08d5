import { policySetOf } from '@gatehouse/executor/testing';
import { flowVersionOf } from '@gatehouse/plan/testing';
import { describe, expect, it } from 'vitest';
import { flowChartOf } from './flow-chart.js';

describe('the diagram of a flow', () => {
  it('has one arrow from the start to the end if the flow has no steps', () => {
    expect(flowChartOf(flowVersionOf([]))).toBe(
      ['graph TD', 'flow_start(["Flow Login"])', 'flow_start --> done', 'done(["End of the flow"])'].join('\n'),
    );
  });

  it('shows the authentication requirement, policies, restarts and stages that deny', () => {
    const guard = policySetOf({ policy: 'open' });
    const either = policySetOf({ group: 'g' }, { policy: 'risk', negate: true }, { policy: 'off', enabled: false });
    const version = flowVersionOf(
      [
        { id: 'a', kind: 'ident', onRefusal: 'restart' },
        { id: 'b', kind: 'totp', policies: either },
        { id: 'c', kind: 'deny', planned: { ...policySetOf({ user: 'u' }, { policy: 'risk' }), mode: 'all' } },
      ],
      {},
      guard,
    );
    const { flow } = version;
    const chart = flowChartOf(
      { ...version, flow: { ...flow, authentication: 'require_unauthenticated' } },
      { names: new Map([['g', 'staff']]), ends: (kind) => kind === 'deny' },
    );

    expect(chart.split('\n')).toEqual([
      'graph TD',
      'flow_start(["Flow Login"])',
      'flow_start --> flow_requirement',
      'flow_requirement{"visitor is anonymous"}',
      'flow_requirement -- yes --> flow_policies',
      'flow_requirement -- no --> denied',
      'flow_policies{"policy open"}',
      'flow_policies -- yes --> stage_0',
      'flow_policies -- no --> denied',
      'stage_0["the a stage (ident)"]',
      'stage_0 --> stage_1_policies',
      'stage_0 -. "invalid response" .-> flow_start',
      'stage_1_policies{"group staff or not policy risk"}',
      'stage_1_policies -- yes --> stage_1',
      'stage_1_policies -- no --> stage_2_policies',
      'stage_1["the b stage (totp)"]',
      'stage_1 --> stage_2_policies',
      'stage_2_policies{"user u and policy risk"}',
      'stage_2_policies -- yes --> stage_2',
      'stage_2_policies -- no --> done',
      'stage_2["the c stage (deny)"]',
      'stage_2 --> denied',
      'done(["End of the flow"])',
      'denied(["Access denied"])',
    ]);
  });

  it('leaves out policies that the flow never evaluates', () => {
    const version = flowVersionOf([{ id: 'a', policies: policySetOf({ policy: 'p' }) }]);
    const steps = version.steps.map((step) => ({ ...step, re_evaluate_policies: false }));

    expect(flowChartOf({ ...version, steps })).not.toContain('policy');
  });

  it.each([
    ['a quote and a Mermaid edge', 'x"]\n evil --> done %%', 'x#34;#93; evil --#62; done #37;#37;'],
    ['HTML', '<img src=x onerror=alert(1)>', '#60;img src#61;x onerror#61;alert(1)#62;'],
    ['a Mermaid directive', '%%{init: {}}%%', '#37;#37;#123;init: #123;#125;#125;#37;#37;'],
    ['a character code and markdown', '#quot;`**b**`', '#35;quot#59;#96;#42;#42;b#42;#42;#96;'],
    ['characters that change the direction of text', 'a\u202eb\u0000c', 'a b c'],
    ['letters of other scripts', 'Größe 名前', 'Größe 名前'],
  ])('escapes %s in a name', (_what, name, label) => {
    const version = flowVersionOf([{ id: 'a', kind: 'page', policies: policySetOf({ policy: 'p' }) }]);
    const hostile = {
      ...version,
      flow: { ...version.flow, name },
      steps: version.steps.map((step) => ({ ...step, stage: { ...step.stage, name } })),
      policies: { p: { ...version.policies['p']!, name } },
    };

    const lines = flowChartOf(hostile).split('\n');
    expect(lines).toHaveLength(9);
    expect(lines).toContain(`flow_start(["Flow ${label}"])`);
    expect(lines).toContain(`stage_0_policies{"policy ${label}"}`);
    expect(lines).toContain(`stage_0["${label} (page)"]`);
  });
});
