import { expect, it } from 'vitest';
import { withProblem } from './problem-cause.js';

const ID = 'a0f41b8855ea4874b2bf56c6f99c5f0e';
const MESSAGE = `POST /: unexpected response 503 {"component":"ak-stage-flow-error","request_id":"${ID}"}`;
const lineOf = (id: string, problem: string) =>
  JSON.stringify({ request_id: id, outcome: 'problem', problem, duration_ms: 3 });

it('withProblem adds the logged problem of the request that failed', () => {
  const log = [lineOf('0'.repeat(32), 'stage_away'), lineOf(ID, 'stage_busy')].join('\n');
  expect(withProblem(MESSAGE, log)).toBe(`${MESSAGE}\nProblem in the log of the gateway: stage_busy`);
});

it('withProblem says that requests refused by admission are not logged, if the log has no line of the request', () => {
  const text = withProblem(MESSAGE, lineOf('0'.repeat(32), 'stage_away'));
  expect(text).toMatch(/Problem in the log of the gateway: none\. It logs no request that admission refuses/);
});

it('withProblem does not change a message without a request id', () => {
  expect(withProblem('the load generator exited', lineOf(ID, 'stage_busy'))).toBe('the load generator exited');
});
