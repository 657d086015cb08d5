/** A load generator in the open or the closed model, a separate process, which a bench pins to a core of its own. */
import { Agent, type ClientRequest, type IncomingMessage, request } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { arrivalTimes, type ClosedLoad, type OpenLoad, type VisitResult } from './arrivals.js';
import type { Step } from './visit.js';

/** Largest number of connections. A visit that finds none free waits, and that counts in its times. */
const MAX_SOCKETS = 1024;
/** Milliseconds after the end of a phase at which its open requests are given up, so that a bench ends in time. */
const GIVE_UP_MS = 2000;

const agent = new Agent({ keepAlive: true, maxSockets: MAX_SOCKETS });
const open = new Set<ClientRequest>();
let visits = 0;

process.on('message', (load: OpenLoad | ClosedLoad) => {
  const giveUp = setTimeout(() => open.forEach((outgoing) => outgoing.destroy()), load.seconds * 1000 + GIVE_UP_MS);
  const run = 'perSecond' in load ? runOpen(load) : runClosed(load);
  run
    .finally(() => clearTimeout(giveUp))
    .then(
      (results) => process.send?.({ results }),
      (error: unknown) => process.send?.({ failure: String(error) }),
    );
});

async function runOpen(load: OpenLoad): Promise<VisitResult[]> {
  const startedAt = performance.now();
  const running: Promise<VisitResult>[] = [];
  for (const arrivedAt of arrivalTimes(load)) {
    const early = startedAt + arrivedAt - performance.now();
    if (early > 1) await delay(early);
    running.push(visit(load, { startedAt, arrivedAt }));
  }
  return Promise.all(running);
}

async function runClosed(load: ClosedLoad): Promise<VisitResult[]> {
  const startedAt = performance.now();
  const results: VisitResult[] = [];
  const visitor = async () => {
    for (;;) {
      const arrivedAt = performance.now() - startedAt;
      if (arrivedAt >= load.seconds * 1000) return;
      results.push(await visit(load, { startedAt, arrivedAt }));
    }
  };
  await Promise.all(Array.from({ length: load.visitors }, visitor));
  return results;
}

async function visit(
  { url, steps, users }: Pick<OpenLoad, 'url' | 'steps' | 'users'>,
  { startedAt, arrivedAt }: { startedAt: number; arrivedAt: number },
): Promise<VisitResult> {
  const i = visits++;
  // Each visitor has an address of its own, because limits count networks.
  const visitor = {
    user: `load-${i % users}`,
    address: `10.${(i >> 16) & 255}.${(i >> 8) & 255}.${i & 255}`,
    cookie: '',
  };
  let dueAt = startedAt + arrivedAt;
  for (const [step, { expects, ...wanted }] of steps.entries()) {
    const { status, text } = await send(url, visitor, wanted);
    const now = performance.now();
    const times = { arrivedAt, endedAt: now - startedAt, lastRequestMs: now - dueAt, step };
    if (status === 503) return { ...times, outcome: 'refused' };
    if (!text.includes(expects)) return { ...times, outcome: 'failed' };
    if (step === steps.length - 1) return { ...times, outcome: 'finished' };
    dueAt = now;
  }
  throw new Error('a visit has no steps');
}

interface Visitor {
  readonly user: string;
  readonly address: string;
  cookie: string;
}

async function send(url: string, visitor: Visitor, { method, path, body = '' }: Omit<Step, 'expects'>) {
  const text = body.replaceAll('$user', visitor.user);
  const type = text === '' ? {} : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  const headers = { cookie: visitor.cookie, 'x-forwarded-for': visitor.address, ...type };
  try {
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      const outgoing = request(url + path, { agent, method, headers });
      open.add(outgoing);
      outgoing
        .once('close', () => open.delete(outgoing))
        .once('response', resolve)
        .once('error', reject)
        .end(text);
    });
    for (const line of response.headers['set-cookie'] ?? [])
      if (line.startsWith('authentik_session=')) visitor.cookie = line.slice(0, line.indexOf(';'));
    const chunks: Buffer[] = [];
    for await (const chunk of response) chunks.push(chunk as Buffer);
    return { status: response.statusCode ?? 0, text: Buffer.concat(chunks).toString() };
  } catch (error) {
    return { status: 0, text: String(error) };
  }
}
