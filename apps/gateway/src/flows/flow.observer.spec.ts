import type { RefusedAttempt } from '@gatehouse/executor';
import { afterAll, expect, it } from 'vitest';
import { LogRecorder } from '../../../../test/support/log-recorder.js';
import { rememberMetrics } from '../../../../test/support/metrics.js';
import { MetricLabels } from './flow.metrics.js';
import { LoggingFlowObserver } from './flow.observer.js';

afterAll(rememberMetrics());

it('each refused attempt is logged as a security event, with the uuid of the user or the pseudonym of the typed name', () => {
  const log = new LogRecorder();
  const observer = new LoggingFlowObserver(
    new MetricLabels({ METRICS_FLOWS_MAX: 1, METRICS_KINDS_MAX: 1 }),
    log.logger,
  );
  const attempt: RefusedAttempt = {
    ...{ requestId: 'request-1', ip: '203.0.113.7', flow: 'login', kind: 'password', user: 'u1', subject: undefined },
  };
  observer.attemptRefused('locked', attempt);
  observer.attemptRefused('network', { ...attempt, user: undefined, subject: '0123456789abcdef' });
  const line = {
    ...{ level: 'security', event: 'attempt_refused', request_id: 'request-1', client_ip: '203.0.113.7' },
    ...{ flow: 'login', stage: 'password' },
  };
  expect(log.lines).toMatchObject([
    { ...line, reason: 'locked', user: 'u1' },
    { ...line, reason: 'network', subject: '0123456789abcdef' },
  ]);
});
