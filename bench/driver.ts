/** The load generator, a separate process: a fixed number of concurrent visitors on keep-alive connections. */
import { hash, randomBytes, randomInt } from 'node:crypto';
import { HttpClient } from '../load/http-client.js';
import { addressOf, Visitor } from '../load/visitor.js';
import { serveJobs } from './serve-jobs.js';
import type { Job, Measurement, Step } from './visit.js';

/** Number of visitors that run the unmeasured steps concurrently. */
const PREPARE_CONCURRENCY = 16;

/**
 * Step between the users of consecutive visitors. A prime, so that all users are used, and their rows are far apart.
 */
const STRIDE = 7919;

/** Time limit of a request, in milliseconds. */
const TIMEOUT_MS = 300_000;

interface BenchVisitor {
  readonly user: string;
  /** Number of the visitor's flow, which replaces `$flow` in the path of a step. */
  readonly flow: string;
  /**
   * The visitor's browser. It sends a client address of its own, so that limits for each network count each visitor
   * separately.
   */
  readonly browser: Visitor;
  /** Address of the last redirect. */
  location: string;
}

let visitors: BenchVisitor[] = [];

serveJobs(run);

async function run(job: Job): Promise<Measurement> {
  if (job.type === 'measure') return visit(visitors.splice(0), job.steps, job.concurrency);
  const client = new HttpClient(job.url, { timeoutMs: TIMEOUT_MS });
  const first = randomInt(job.users);
  visitors = Array.from({ length: job.count }, (_, i) => visitorOf(i, client, { ...job, first }));
  return visit([...visitors], job.steps, PREPARE_CONCURRENCY);
}

type Admission = Omit<Extract<Job, { readonly type: 'admit' }>, 'type' | 'steps'> & { readonly first: number };

function visitorOf(i: number, client: HttpClient, { users, flows, cookie, values, first }: Admission): BenchVisitor {
  const number = (first + i * STRIDE) % users;
  const value = values?.[number] ?? hash('sha256', `session-${number}`, 'base64url');
  const cookies = cookie === undefined ? [] : [`${cookie}=${value}`];
  const browser = new Visitor(client, addressOf(i), cookies);
  return { user: `user-${number}`, flow: String(number % flows), browser, location: '' };
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

async function sendStep(
  visitor: BenchVisitor,
  { method, path, body, expects, status: expected, traced }: Step,
): Promise<void> {
  const { user, flow, browser } = visitor;
  const address = path.replace('$flow', flow).replace('$location', visitor.location);
  const content = { body: body?.replaceAll('$user', user), headers: traceHeader(traced) };
  const { status, text, headers } = await browser.send(method, address, content);
  const { location = '' } = headers;
  if (location !== '') visitor.location = location.replace(/^https?:\/\/[^/]+/, '');
  const isExpected = expected === undefined || status === expected;
  if (!isExpected || (!text.includes(expects) && !location.includes(expects)))
    throw new Error(`${method} ${address}: unexpected response ${status} ${location} ${text}`);
}

/**
 * Returns the header with which a caller requests that the trace is recorded, with the probability `traced`. Without
 * `traced`, returns no header.
 */
function traceHeader(traced: number | undefined): Record<string, string> {
  if (traced === undefined) return {};
  const isSampled = Math.random() < traced;
  return {
    traceparent: `00-${randomBytes(16).toString('hex')}-${randomBytes(8).toString('hex')}-0${isSampled ? 1 : 0}`,
  };
}
