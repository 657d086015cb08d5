/** The load, in a process of its own: a fixed number of visitors at a time, on connections that stay open. */
import { Agent, type IncomingMessage, request } from 'node:http';
import type { Done, Job, Measured, Step } from './visit.js';

/** How many visitors are let in at a time while nothing is measured. */
const ADMISSIONS = 16;

interface Visitor {
  readonly user: string;
  /** Of its own: what is counted for a network is counted for one visitor. */
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

const report = (done: Done) => void process.send?.(done);

async function run(job: Job): Promise<Measured> {
  if (job.type === 'measure') return visit(visitors.splice(0), job.steps, job.concurrency);
  url = job.url;
  visitors = Array.from({ length: job.count }, (_, i) => ({ ...visitorOf(i, job.users), cookie: '' }));
  return visit([...visitors], job.steps, ADMISSIONS);
}

const visitorOf = (i: number, users: number) => ({
  user: `user-${i % users}`,
  address: `10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`,
});

async function visit(waiting: Visitor[], steps: readonly Step[], concurrency: number): Promise<Measured> {
  const latencies: number[] = [];
  const began = performance.now();
  let atFullLoad: Measured['atFullLoad'] | undefined;
  const worker = async () => {
    for (let visitor = waiting.pop(); visitor; visitor = waiting.pop()) {
      const entered = performance.now();
      for (const step of steps) await take(visitor, step);
      latencies.push(performance.now() - entered);
    }
    atFullLoad ??= { visits: latencies.length, ms: performance.now() - began };
  };
  await Promise.all(Array.from({ length: concurrency }, worker));
  return { latencies, atFullLoad: atFullLoad ?? { visits: 0, ms: 0 } };
}

async function take(visitor: Visitor, { method, path, body, expects }: Step): Promise<void> {
  const answer = await send(visitor, { method, path, body: body?.replaceAll('$user', visitor.user) ?? '' });
  for (const line of answer.headers['set-cookie'] ?? []) {
    if (line.startsWith('authentik_session=')) visitor.cookie = line.slice(0, line.indexOf(';'));
  }
  const chunks: Buffer[] = [];
  for await (const chunk of answer) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString();
  if (!text.includes(expects)) throw new Error(`${method} ${path} is answered ${answer.statusCode} ${text}`);
}

function send({ cookie, address }: Visitor, { method, path, body }: { method: string; path: string; body: string }) {
  const type = body === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body) };
  return new Promise<IncomingMessage>((resolve, reject) => {
    const outgoing = request(url + path, { agent, method, headers: { cookie, 'x-forwarded-for': address, ...type } });
    outgoing.once('response', resolve).once('error', reject).end(body);
  });
}
