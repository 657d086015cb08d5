import { expect, it } from 'vitest';
import { scrape } from '../../../../test/support/metrics.js';
import { CountingFlowObserver, MetricLabels } from './flow.metrics.js';

const flowCalled = (slug: string) => ({ slug, designation: 'recovery' as const });
const endsOf = (flow: string, outcome: string) =>
  scrape(`gatehouse_flows_ended_total{flow="${flow}",designation="recovery",outcome="${outcome}"}`);
const stepsOf = (flow: string, kind: string) =>
  scrape(`gatehouse_steps_total{flow="${flow}",kind="${kind}",outcome="passed"}`);

it('flows and stage kinds above METRICS_FLOWS_MAX and METRICS_KINDS_MAX are counted under the label "other"', async () => {
  const labels = new MetricLabels({ METRICS_FLOWS_MAX: 2, METRICS_KINDS_MAX: 1 });
  const observer = new CountingFlowObserver(labels);
  const others = (await endsOf('other', 'expired')) ?? 0;
  for (const slug of ['spec-1', 'spec-2', 'spec-3', 'spec-4']) observer.planEnded(flowCalled(slug), 'expired', 3);
  expect(await Promise.all(['spec-1', 'spec-2', 'spec-3'].map((slug) => endsOf(slug, 'expired')))).toEqual([
    ...[3, 3, undefined],
  ]);
  expect(await endsOf('other', 'expired')).toBe(others + 6);
  for (const kind of ['x_acme_one', 'x_acme_two', 'x_acme_two'])
    observer.stepTaken(flowCalled('spec-1'), kind, 'passed');
  expect([await stepsOf('spec-1', 'x_acme_one'), await stepsOf('spec-1', 'other')]).toEqual([1, 2]);
});

it('shadow conditions are counted by flow, those of applications under an empty label, flows above the limit as "other"', async () => {
  const observer = new CountingFlowObserver(new MetricLabels({ METRICS_FLOWS_MAX: 1, METRICS_KINDS_MAX: 1 }));
  for (const slug of ['shadow-1', 'shadow-2', 'shadow-3', undefined]) observer.shadowJudged(slug, 'fail', true);
  const count = (flow: string) =>
    scrape(`gatehouse_shadow_conditions_total{flow="${flow}",outcome="fail",verdict="other"}`);
  expect(await Promise.all(['shadow-1', 'shadow-2', 'other', ''].map(count))).toEqual([1, undefined, 2, 1]);
});
