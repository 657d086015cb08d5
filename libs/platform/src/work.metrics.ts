import { counter, gauge } from './metrics.js';

const labels = {
  work: '`captcha` and `source`: requests to providers; `expression`: policies in Python; `flow_change`: requests to the service `blueprints`; `password`: all password hashes; `password_legacy`: those of outdated cost; `policy`: requests to the policy service',
};
const processes = 'processes that limit such work';

const running = gauge({
  name: 'gatehouse_work_running',
  question: 'full',
  processes,
  help: 'Tasks of limited work that run now',
  labels,
});

const queued = gauge({
  name: 'gatehouse_work_queued',
  question: 'full',
  processes,
  help: 'Tasks of limited work that wait for a free slot',
  labels,
});

const refused = counter({
  name: 'gatehouse_work_refused_total',
  question: 'full',
  processes,
  help: 'Tasks of limited work that were refused because too many waited, or because the caller no longer waited',
  labels,
});

/** Kinds of work whose concurrency a process limits. */
export type Work = 'captcha' | 'expression' | 'flow_change' | 'password' | 'password_legacy' | 'policy' | 'source';

/** Counts the tasks of one kind of work. */
export interface WorkMetrics {
  readonly running: { inc(): void; dec(): void };
  readonly queued: { inc(): void; dec(): void };
  readonly refused: { inc(): void };
}

/** Returns the metrics of a kind of work. */
export const workMetrics = (work: Work): WorkMetrics => ({
  running: running.labels(work),
  queued: queued.labels(work),
  refused: refused.labels(work),
});
