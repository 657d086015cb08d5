import { expect, it } from 'vitest';
import { BusyFlows } from './busy-flows.js';

/**
 * Returns the limiter after `count` requests of the flow `login` have entered and one of its stages has reported that
 * it is busy.
 */
function busyAt(count: number): BusyFlows {
  const flows = new BusyFlows();
  for (let i = 0; i < count; i++) flows.enter('login');
  flows.report('login', 3);
  flows.adjust();
  return flows;
}

it('new visits of a flow are not limited until one of its stages is busy', () => {
  const flows = new BusyFlows();
  for (let i = 0; i < 10_000; i++) flows.enter('login');
  expect(flows.refusalOf('login')).toBeUndefined();
});

it('new visits of a flow are refused after one of its stages was busy, until fewer requests of the flow are in flight', () => {
  const flows = busyAt(20);
  expect(flows.refusalOf('login')).toBe(3);
  for (let i = 0; i < 2; i++) flows.leave('login');
  expect(flows.refusalOf('login')).toBe(3);
  flows.leave('login');
  expect(flows.refusalOf('login')).toBeUndefined();
});

it('a busy stage of one flow does not limit other flows', () => {
  const flows = busyAt(20);
  for (let i = 0; i < 20; i++) flows.enter('recovery');
  expect(flows.refusalOf('recovery')).toBeUndefined();
});

it('the limit of a flow falls once for each interval with a busy stage, and never below one visit', () => {
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

it('the limit of a flow rises by one for each interval in which it was reached and no stage was busy', () => {
  const flows = busyAt(20);
  flows.adjust();
  flows.adjust();
  expect(flows.refusalOf('login')).toBe(3);
  flows.adjust();
  expect(flows.refusalOf('login')).toBeUndefined();
});

it('the limit of a flow is removed after a hundred intervals in which no stage was busy', () => {
  const flows = busyAt(2);
  for (let i = 0; i < 98; i++) flows.adjust();
  for (let i = 0; i < 200; i++) flows.enter('login');
  expect(flows.refusalOf('login')).toBe(3);
  flows.adjust();
  flows.adjust();
  expect(flows.refusalOf('login')).toBeUndefined();
});
