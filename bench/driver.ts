/** The load generator, a separate process: a fixed number of concurrent visitors on keep-alive connections. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Job, JobResult, Measurement, Step } from './visit.js';

/** Number of visitors that run the unmeasured steps concurrently. */
const PREPARE_CONCURRENCY = 16;

interface Visitor {
  readonly user: string;
  /** A separate IP address for each visitor, so that limits for each network count each visitor separately. */
  readonly address: string;
  cookie: string;
}

const agent = new Agent({ keepAlive: true });
let url = '';
let visitors: Visitor[] = [];

process.on('message', (job: Job) => {
  run(job).then(
    (measured) => report({ measured }),
    (error: unknown) => report({ failure: String(error) }),
  );
});

const report = (done: JobResult) => void process.send?.(done);

async function run(job: Job): Promise<Measurement> {
  if (job.type === 'measure') return visit(visitors.splice(0), job.steps, job.concurrency);
  url = job.url;
  visitors = Array.from({ length: job.count }, (_, i) => ({ ...visitorOf(i, job.users), cookie: '' }));
  return visit([...visitors], job.steps, PREPARE_CONCURRENCY);
}

const visitorOf = (i: number, users: number) => ({
  user: `user-${i % users}`,
  address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
});

async function visit(pending: Visitor[], steps: readonly Step[], concurrency: number): Promise<Measurement> {
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

async function sendStep(visitor: Visitor, { method, path, body, expects }: Step): Promise<void> {
  const response = await send(visitor, { method, path, body: body?.replaceAll('$user', visitor.user) ?? '' });
  for (const line of response.headers['set-cookie'] ?? []) {
    if (line.startsWith('authentik_session=')) visitor.cookie = line.slice(0, line.indexOf(';'));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (!text.includes(expects)) throw new Error(`${method} ${path}: unexpected response ${response.statusCode} ${text}`);
}

function send({ cookie, address }: Visitor, { method, path, body }: { method: string; path: string; body: string }) {
  const type = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url + path, { agent, method, headers: { cookie, 'x-forwarded-for': address, ...type } });
    outgoing.once('response', resolve).once('error', reject).end(body);
  });
}
