import { expect, it } from 'vitest';
import { BusyFlows } from './busy-flows.js';

/** Returns the limiter after `count` requests of the flow `login` have entered and a stage of the flow was busy. */
function busyAt(count: number): BusyFlows {
  const flows = new BusyFlows();
  for (let i = 0; i < count; i++) flows.enter('login');
  flows.report('login', 3);
  flows.adjust();
  return flows;
}

it('admits new visits without a limit until a stage is busy', () => {
  const flows = new BusyFlows();
  for (let i = 0; i < 10_000; i++) flows.enter('login');
  expect(flows.refusalOf('login')).toBeUndefined();
});

it('refuses new visits of a flow with a busy stage while as many are in flight, with the retry time of the stage', () => {
  const flows = busyAt(20);
  expect(flows.refusalOf('login')).toBe(3);
  for (let i = 0; i < 2; i++) flows.leave('login');
  expect(flows.refusalOf('login')).toBe(3);
  flows.leave('login');
  expect(flows.refusalOf('login')).toBeUndefined();
});

it('does not limit other flows', () => {
  const flows = busyAt(20);
  for (let i = 0; i < 20; i++) flows.enter('recovery');
  expect(flows.refusalOf('recovery')).toBeUndefined();
});

it('lowers the limit once for each interval with a busy stage, and always admits one visit', () => {
  const flows = busyAt(20);
  for (let i = 0; i < 5; i++) flows.report('login', 3);
  flows.adjust();
  for (let i = 0; i < 3; i++) flows.leave('login');
  expect(flows.refusalOf('login')).toBe(3);
  flows.leave('login');
  expect(flows.refusalOf('login')).toBeUndefined();

  const few = busyAt(1);
  expect(few.refusalOf('login')).toBe(3);
  few.leave('login');
  expect(few.refusalOf('login')).toBeUndefined();
});

it('raises the limit by one for each interval in which it was reached without a busy stage', () => {
  const flows = busyAt(20);
  flows.adjust();
  flows.adjust();
  expect(flows.refusalOf('login')).toBe(3);
  flows.adjust();
  expect(flows.refusalOf('login')).toBeUndefined();
});

it('forgets a flow whose stages were not busy for a hundred intervals', () => {
  const flows = busyAt(2);
  for (let i = 0; i < 98; i++) flows.adjust();
  for (let i = 0; i < 200; i++) flows.enter('login');
  expect(flows.refusalOf('login')).toBe(3);
  flows.adjust();
  flows.adjust();
  expect(flows.refusalOf('login')).toBeUndefined();
});
