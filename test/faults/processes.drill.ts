import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { FaultDrill, NONE_LOST, NONE_STARTED_OVER, USERS } from './fault-drill.js';

/**
 * Lets the password service compute one hash at a time, so that the number of replicas limits the rate of logins. Hashes
 * may wait long, because other work of this machine slows them down.
 */
const ONE_HASH = { PASSWORD_CONCURRENCY: '1', PASSWORD_WAIT_MS: '5000' };
/** So many visitors that they queue if one hash is computed at a time. */
const CROWD = Array.from({ length: 8 }, (_, i) => `visitor-${i}`);
/** Number of logins over which a rate is measured. */
const MEASURED = 100;
/** The replicas that are added to the first one, and removed again. */
const ADDED = [2, 3, 4] as const;

let drill: FaultDrill;
beforeAll(async () => {
  drill = await FaultDrill.open({ users: [...USERS, ...CROWD], password: ONE_HASH });
});
afterAll(() => drill?.close());
afterEach(({ task }) => drill.endTest(task.result?.state === 'fail'));

describe('with two gateways, no login is lost', () => {
  it('when one of them is killed', async () => {
    await drill.startLoad();
    await drill.stack.end('gateway', 1, 'SIGKILL');
    await drill.loginsGoOn();
    await drill.stack.start('gateway', 1);
    expect(await drill.outcome('one of two gateways killed')).toMatchObject(NONE_LOST);
  });

  it('and no request is refused when one of them is stopped by SIGTERM', async () => {
    await drill.startLoad();
    await drill.stack.end('gateway', 2, 'SIGTERM');
    await drill.stack.start('gateway', 2);
    expect(await drill.outcome('one of two gateways stopped')).toEqual({
      ...NONE_STARTED_OVER,
      refused: 0,
      gapMs: expect.any(Number),
    });
  });
});

describe('no login is lost', () => {
  it.each(['identification', 'password', 'session'] as const)(
    'when one of two replicas of %s is killed',
    async (name) => {
      await drill.startLoad();
      await drill.stack.end(name, 1, 'SIGKILL');
      await drill.loginsGoOn();
      await drill.stack.start(name, 1);
      expect(await drill.outcome(`one of two replicas of ${name} killed`)).toMatchObject(NONE_STARTED_OVER);
    },
  );

  it('and no request is refused when the courier is killed', async () => {
    await drill.startLoad();
    await drill.stack.end('courier', 1, 'SIGKILL');
    await drill.loginsGoOn();
    await drill.stack.start('courier', 1);
    expect(await drill.outcome('courier killed')).toMatchObject({ ...NONE_STARTED_OVER, refused: 0 });
  });

  it('and no request is refused when the password service is scaled from one replica to four and back', async () => {
    await drill.stack.end('password', 2, 'SIGTERM');
    await drill.startLoad(CROWD);
    const rates = [await drill.rate(MEASURED)];
    await Promise.all(ADDED.map((replica) => drill.stack.start('password', replica)));
    rates.push(await drill.rate(MEASURED));
    for (const replica of ADDED) await drill.stack.end('password', replica, 'SIGTERM');
    rates.push(await drill.rate(MEASURED));
    const name = `password scaled from 1 to 4 to 1 (${rates.map((rate) => rate.toFixed(1)).join(', ')} logins/s)`;
    expect(await drill.outcome(name)).toMatchObject({ ...NONE_STARTED_OVER, refused: 0 });
  });
});

describe('the stream of events', () => {
  it('has at least one event for each finished login', async () => {
    const { logins, events } = await drill.loginsAndEvents();
    expect(events).toBeGreaterThanOrEqual(logins);
  });
});
