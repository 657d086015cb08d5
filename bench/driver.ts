/** The load generator, a separate process: a fixed number of concurrent visitors on keep-alive connections. */
import { HttpClient } from '../load/http-client.js';
import { addressOf, Visitor } from '../load/visitor.js';
import type { Job, JobResult, Measurement, Step } from './visit.js';

/** Number of visitors that run the unmeasured steps concurrently. */
const PREPARE_CONCURRENCY = 16;

/** Time limit of a request, in milliseconds. */
const TIMEOUT_MS = 300_000;

interface BenchVisitor {
  readonly user: string;
  /** Has a client address of its own, so that limits for each network count each visitor separately. */
  readonly browser: Visitor;
}

let visitors: BenchVisitor[] = [];

process.on('message', (job: Job) => {
  run(job).then(
    (measured) => report({ measured }),
    (error: unknown) => report({ failure: String(error) }),
  );
});

const report = (done: JobResult) => void process.send?.(done);

async function run(job: Job): Promise<Measurement> {
  if (job.type === 'measure') return visit(visitors.splice(0), job.steps, job.concurrency);
  const client = new HttpClient(job.url, { timeoutMs: TIMEOUT_MS });
  visitors = Array.from({ length: job.count }, (_, i) => ({
    user: `user-${i % job.users}`,
    browser: new Visitor(client, addressOf(i)),
  }));
  return visit([...visitors], job.steps, PREPARE_CONCURRENCY);
}

async function visit(pending: BenchVisitor[], steps: readonly Step[], concurrency: number): Promise<Measurement> {
  const latencies: number[] = [];
  const startedAt = performance.now();
  let atFullLoad: Measurement['atFullLoad'] | undefined;
  const worker = async () => {
    for (let visitor = pending.pop(); visitor; visitor = pending.pop()) {
      const visitStart = performance.now();
      for (const step of steps) await sendStep(visitor, step);
      latencies.push(performance.now() - visitStart);
    }
    atFullLoad ??= { visits: latencies.length, ms: performance.now() - startedAt };
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { latencies, atFullLoad: atFullLoad ?? { visits: 0, ms: 0 } };
}

async function sendStep({ user, browser }: BenchVisitor, { method, path, body, expects }: Step): Promise<void> {
  const { status, text } = await browser.send(method, path, body?.replaceAll('$user', user));
  if (!text.includes(expects)) throw new Error(`${method} ${path}: unexpected response ${status} ${text}`);
}
