import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { LoadUsers } from './load-users.js';
import { visitFigures } from './result.js';
import { parseScenario } from './scenario.js';
import { runStage, type Stage } from './stage.js';
import { scriptedSite } from './testing/scripted-site.js';
import { UserRing } from './user-ring.js';

const scenario = parseScenario(
  'flow: login\nsteps: [{ component: name, answer: { uid_field: $user } }]\nend: password',
  'half a login',
);
const STAGE: Omit<Stage, 'url'> = {
  ...{ insecure: false, forwardedFor: false, scenario, model: { type: 'closed', visitors: 1 }, maxInFlight: 10 },
  ...{ timeoutMs: 10_000, retryForMs: 0, rampMs: 0, durationMs: 60_000, drainMs: 60_000, seed: 1 },
  share: { index: 0, of: 1 },
};

function run(stage: Stage, stopping: () => boolean) {
  const all = { index: 0, of: 1 };
  const ring = new UserRing(new LoadUsers('a seed', 'load-'), { count: 10, firstCode: 0, staticCodes: 0, share: all });
  return runStage(stage, { ring, stopping, startedAt: performance.now() });
}

it('a stage measures latencies of responses and refusals separately by step, without lost responses', async () => {
  const name = { body: { component: 'name' } };
  const busy = { status: 503 };
  const site = await scriptedSite(name, { body: { component: 'password' } }, busy, name, busy, 'lost');
  try {
    const recording = await run({ ...STAGE, url: site.url }, () => site.received.length >= 6);
    const { stepsMs, refusedStepsMs, refusalMs, refused, failures } = visitFigures(recording);
    const counts = (figures: typeof stepsMs) => Object.entries(figures).map(([step, ms]) => [step, ms?.count]);
    expect([counts(stepsMs), counts(refusedStepsMs)]).toEqual([
      [
        ['GET', 2],
        ['name', 1],
      ],
      [
        ['GET', 1],
        ['name', 1],
      ],
    ]);
    expect(refusalMs?.count).toBe(2);
    expect(refused).toEqual({ '503': 2, 'no response': 1 });
    expect(failures).toMatchObject({ 'refused: 503': 2 });
  } finally {
    await site.close();
  }
});

it('each slot has the latency of its slowest visit, and a visit that does not end has failed', async () => {
  const site = await scriptedSite({ body: { component: 'name' } }, { body: { component: 'password' } });
  try {
    const { slots, visits } = await run({ ...STAGE, url: site.url }, () => site.received.length >= 2);
    expect(slots[0]).toMatchObject({ begun: 1, slowestMs: expect.closeTo(visits.max / 1000, 1) });
  } finally {
    await site.close();
  }
  const silent = createServer(() => undefined).listen(0, '127.0.0.1');
  await once(silent, 'listening');
  try {
    const url = `http://127.0.0.1:${(silent.address() as AddressInfo).port}`;
    const times = { rampMs: 20, durationMs: 30, drainMs: 10 };
    const recording = await run({ ...STAGE, ...times, url }, () => false);
    expect(recording).toMatchObject({ begun: 1, failed: 1 });
    expect(recording.slots[0]).toMatchObject({ begun: 1, slowestMs: Number.POSITIVE_INFINITY });
    // The visit began in the ramp, whose visits are not measured.
    expect(recording).toMatchObject({ measuredBegun: 0, measuredFailed: 0 });
  } finally {
    silent.close();
  }
});
