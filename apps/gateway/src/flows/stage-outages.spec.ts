import { expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { StageOutages } from './stage-outages.js';

it('a stage without a running service is logged once for each outage, and at most once a minute', () => {
  const log = new LogRecorder();
  let nowMs = 0;
  const outages = new StageOutages(log.logger, () => nowMs);
  for (nowMs = 0; nowMs < 120_000; nowMs += 5000) outages.report('x_acme_pin', 'challenge');
  outages.report('password', 'respond');
  expect(log.lines).toMatchObject([
    { level: 'warn', event: 'stage_unserved', stage: 'x_acme_pin', nats_subject: 'stage.x_acme_pin.challenge' },
    { event: 'stage_unserved', stage: 'password', nats_subject: 'stage.password.respond' },
  ]);
  for (const kind of ['x_acme_pin', 'password', 'session']) outages.end(kind);
  for (const kind of ['x_acme_pin', 'password']) outages.report(kind, 'respond');
  const unserved = log.lines.filter(({ event }) => event === 'stage_unserved');
  expect(unserved.slice(2)).toMatchObject([{ stage: 'x_acme_pin' }]);
});

it('the first reply of a stage after a logged outage is logged, and no other reply', () => {
  const log = new LogRecorder();
  let nowMs = 0;
  const outages = new StageOutages(log.logger, () => nowMs);
  outages.end('password');
  outages.report('password', 'respond');
  for (nowMs = 1000; nowMs < 5000; nowMs += 1000) outages.end('password');
  // An outage within the minute is not logged, so its end is not logged either.
  outages.report('password', 'respond');
  outages.end('password');
  expect(log.lines).toMatchObject([
    { event: 'stage_unserved', stage: 'password' },
    { level: 'info', event: 'stage_served', stage: 'password' },
  ]);
});
