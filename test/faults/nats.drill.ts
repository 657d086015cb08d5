import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultDrill, NONE_STARTED_OVER } from './fault-drill.js';

const SERVERS = [0, 1, 2] as const;
/** Milliseconds that a NATS server hangs: longer than its clients need to notice it. */
const HANG_MS = 8000;
/** Longest time in milliseconds without a finished login, while a NATS server hangs. */
const LONGEST_GAP_MS = 5000;

let drill: FaultDrill;
beforeAll(async () => {
  drill = await FaultDrill.open();
});
afterAll(() => drill?.close());
afterEach(({ task }) => drill.endTest(task.result?.state === 'fail'));

/** Stops all threads of a NATS server for some seconds, so that its connections stay open, but silent. */
async function hang(i: number) {
  const { pid } = drill.stack.nats.server(i);
  process.kill(pid, 'SIGSTOP');
  try {
    await pause(HANG_MS);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
}

describe.each(SERVERS)('no login is lost and the gap is at most 5 s when NATS server %i hangs', (i) => {
  it.each(['all processes', 'the gateways', 'the services'] as const)('to which %s are connected', async (group) => {
    await drill.stack.connectToNats(i, group);
    await drill.startLoad();
    await hang(i);
    const { gapMs, ...rest } = await drill.outcome(`NATS server ${i} hangs, with ${group}`);
    expect(rest).toMatchObject(NONE_STARTED_OVER);
    expect(gapMs).toBeLessThanOrEqual(LONGEST_GAP_MS);
  });
});

describe('no login is lost when', () => {
  it.each(SERVERS)('NATS server %i is killed, to which all processes are connected', async (i) => {
    await drill.stack.connectToNats(i, 'all processes');
    await drill.startLoad();
    await drill.stack.nats.server(i).stop();
    await drill.loginsGoOn();
    await drill.stack.nats.start(i);
    expect(await drill.outcome(`NATS server ${i} killed, with all processes`)).toMatchObject(NONE_STARTED_OVER);
  });

  it('the NATS servers are restarted one after the other', async () => {
    await drill.startLoad();
    for (const i of SERVERS) {
      await drill.stack.nats.server(i).stop('SIGTERM');
      await drill.stack.nats.start(i);
      await drill.loginsGoOn();
    }
    expect(await drill.outcome('NATS servers restarted in turn')).toMatchObject(NONE_STARTED_OVER);
  });
});

describe('the stream of events', () => {
  it('has at least one event for each finished login', async () => {
    const { logins, events } = await drill.loginsAndEvents();
    expect(events).toBeGreaterThanOrEqual(logins);
  });
});
