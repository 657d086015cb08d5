import type { AttemptRefusal, RefusedAttempt } from '@gatehouse/executor';
import type { Logger } from '@gatehouse/platform';
import { CountingFlowObserver, type MetricLabels } from './flow.metrics.js';

/** Counts events of flows in metrics, and logs each refused attempt. */
export class LoggingFlowObserver extends CountingFlowObserver {
  constructor(
    labels: MetricLabels,
    private readonly logger: Pick<Logger, 'event'>,
  ) {
    super(labels);
  }

  override attemptRefused(reason: AttemptRefusal, attempt: RefusedAttempt): void {
    super.attemptRefused(reason, attempt);
    const { requestId, ip, flow, kind, user, subject } = attempt;
    this.logger.event('attempt_refused', {
      ...{ request_id: requestId, client_ip: ip, flow, stage: kind, reason, user, subject },
    });
  }
}
