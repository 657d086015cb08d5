import { randomBytes } from 'node:crypto';
import type { AttemptReservation } from '@gatehouse/executor';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitForBlockedStatements } from '../../../test/support/blocked-statements.js';
import { flowDatabase } from '../testing/flow-database.js';
import { PostgresAttemptStore } from './postgres-attempt-store.js';

let source: DataSource;
let close: () => Promise<void>;
let attempts: PostgresAttemptStore;

beforeAll(async () => {
  ({ source, close } = await flowDatabase());
  attempts = new PostgresAttemptStore(source);
});
afterAll(() => close());

const claim = (more: Partial<AttemptReservation> = {}): AttemptReservation => ({
  subject: randomBytes(16),
  credential: 'password',
  free: 5,
  hard: 50,
  forgetAfterS: undefined,
  ...more,
});
const network = (more: Partial<AttemptReservation> = {}) =>
  claim({ credential: 'network', free: 100, hard: undefined, forgetAfterS: 900, ...more });

const failures = async ({ subject, credential }: AttemptReservation) => {
  const [row] = await source.query<{ failures: number }[]>(
    'SELECT failures FROM flow.attempts WHERE subject = $1 AND credential = $2',
    [subject, credential],
  );
  return row?.failures;
};
const passTime = (seconds: number) =>
  source.query(`UPDATE flow.attempts SET free_at = free_at - $1::interval, updated_at = updated_at - $1::interval`, [
    `${seconds} s`,
  ]);

describe('attempts in Postgres', () => {
  it('are reserved up to the limit of free failures and then delayed, even for concurrent requests', async () => {
    const [secret, place] = [claim(), network()];
    // A store with a minimum delay of ten minutes, so that no delay ends during the test, even on a slow machine.
    const patient = new PostgresAttemptStore(source, 600);
    const outcomes = await Promise.all(Array.from({ length: 200 }, () => patient.reserve([secret, place], 0)));

    expect(outcomes.filter(({ reserved }) => reserved)).toHaveLength(5);
    expect([await failures(secret), await failures(place)]).toEqual([5, 5]);
  });

  it('are delayed for longer with every further failure', async () => {
    const secret = claim({ free: 1 });
    const waits: number[] = [];
    for (let i = 0; i < 4; i++) {
      expect(await attempts.reserve([secret], 0)).toMatchObject({ reserved: true });
      const refused = await attempts.reserve([secret], 0);
      waits.push(refused.reserved ? 0 : refused.retryAfterS);
      await passTime(3600);
    }

    expect(waits).toEqual([1, 2, 4, 8]);

    const patient = new PostgresAttemptStore(source, 30);
    const other = claim({ free: 1 });
    await patient.reserve([other], 0);
    expect(await patient.reserve([other], 0)).toMatchObject({ reserved: false, retryAfterS: 30 });
  });

  it('are refused if the answer arrived during a delay, even if the delay has ended since', async () => {
    const secret = claim({ free: 1 });
    await attempts.reserve([secret], 0);
    await passTime(30);

    expect(await attempts.reserve([secret], 60_000)).toMatchObject({ reserved: false, network: false });
    expect(await attempts.reserve([secret], 10_000)).toMatchObject({ reserved: true });
  });

  it('are delayed for at most an hour', async () => {
    const secret = claim({ free: 1, hard: 100 });
    for (let i = 0; i < 20; i++) {
      await attempts.reserve([secret], 0);
      await passTime(3600);
    }
    await attempts.reserve([secret], 0);

    expect(await attempts.reserve([secret], 0)).toEqual({
      ...{ reserved: false, network: false, locked: false, retryAfterS: 3600 },
    });
  });

  it('are delayed for up to a day from `daily` failures on', async () => {
    const secret = claim({ free: 1, hard: undefined, daily: 15 });
    const waits: number[] = [];
    for (let i = 0; i < 22; i++) {
      expect(await attempts.reserve([secret], 0)).toMatchObject({ reserved: true });
      const refused = await attempts.reserve([secret], 0);
      waits.push(refused.reserved ? 0 : refused.retryAfterS / 3600);
      await passTime(86_400);
    }

    expect(waits.slice(12)).toEqual([1, 1, 2, 4, 8, 16, 24, 24, 24, 24]);
  });

  it('are counted separately for each counter of a credential, and unlocked together', async () => {
    const subject = randomBytes(16);
    const [all, browser] = [claim({ subject, hard: 1 }), claim({ subject, hard: 1, counter: 'password browser:1' })];
    await attempts.reserve([all], 0);
    expect(await attempts.reserve([all], 0)).toMatchObject({ reserved: false });
    expect(await attempts.reserve([browser], 0)).toMatchObject({ reserved: true });

    expect(await attempts.unlock(subject)).toEqual(['password']);
    expect(await attempts.reserve([all, browser], 0)).toMatchObject({ reserved: true });
  });

  it('are refused at the hard limit, until an unlock', async () => {
    const secret = claim({ free: 100, hard: 3 });
    const outcomes = [];
    for (let i = 0; i < 5; i++) outcomes.push((await attempts.reserve([secret], 0)).reserved);
    await passTime(86_400 * 365);

    expect(outcomes).toEqual([true, true, true, false, false]);
    expect((await attempts.reserve([secret], 0)).reserved).toBe(false);
  });

  it('of one answer are all refused if one of them is', async () => {
    const [locked, free] = [claim({ free: 100, hard: 1 }), network()];
    await attempts.reserve([locked], 0);

    expect(await attempts.reserve([locked, free], 0)).toMatchObject({ reserved: false, network: false });
    expect((await failures(free)) ?? 0).toBe(0);
  });

  it('are refused for a network with too many failures, until forgetAfterS', async () => {
    const place = network({ free: 1, forgetAfterS: 900 });
    await attempts.reserve([claim(), place], 0);
    expect(await attempts.reserve([claim(), place], 0)).toMatchObject({ reserved: false, network: true });
    await passTime(901);

    expect(await attempts.reserve([claim(), place], 0)).toMatchObject({ reserved: true });
    expect(await failures(place)).toBe(1);
  });

  it('of concurrent answers in new rows are counted exactly, for each answer all or none', async () => {
    for (let round = 0; round < 10; round++) {
      const [secret, place] = [claim({ free: 2 }), network()];
      const outcomes = await Promise.all(Array.from({ length: 10 }, () => attempts.reserve([secret, place], 0)));

      expect(outcomes.filter(({ reserved }) => reserved)).toHaveLength(2);
      expect([await failures(secret), await failures(place)]).toEqual([2, 2]);
    }
  });

  it('are refused with the delay of the network, not of a locked credential', async () => {
    const [secret, place] = [claim({ free: 100, hard: 1 }), network({ free: 1 })];
    await attempts.reserve([secret, place], 0);
    await source.query(`UPDATE flow.attempts SET free_at = now() + interval '1 hour' WHERE subject = $1`, [
      secret.subject,
    ]);

    expect(await attempts.reserve([secret, place], 0)).toEqual({
      ...{ reserved: false, network: true, locked: true, retryAfterS: 1 },
    });
  });

  it('that are released do not remove the delay that a later attempt has set', async () => {
    const secret = claim({ free: 2 });
    for (let i = 0; i < 3; i++) {
      await attempts.reserve([secret], 0);
      await source.query('UPDATE flow.attempts SET free_at = to_timestamp(0) WHERE subject = $1 AND failures < 3', [
        secret.subject,
      ]);
    }
    await attempts.release([secret]);

    expect(await failures(secret)).toBe(2);
    expect(await attempts.reserve([secret], 0)).toMatchObject({ reserved: false });
  });

  it('that are released remove the delay that they set, unless another attempt was reserved since', async () => {
    const secret = claim({ free: 1 });
    const reserveOne = async () => {
      const outcome = await attempts.reserve([secret], 0);
      return outcome.reserved ? outcome.reservations : [];
    };
    const [first] = [await reserveOne(), await passTime(3600)];
    const last = await reserveOne();
    expect(await attempts.reserve([secret], 0)).toMatchObject({ reserved: false });
    await attempts.release(last);
    expect(await failures(secret)).toBe(1);
    await reserveOne();
    await attempts.release(first);

    expect(await failures(secret)).toBe(1);
    expect(await attempts.reserve([secret], 0)).toMatchObject({ reserved: false });
  });

  it('are released as often as they were reserved in one counter', async () => {
    const place = network();
    await attempts.reserve([place], 0);
    await attempts.reserve([place], 0);
    await attempts.release([place, place]);

    expect(await failures(place)).toBe(0);
  });

  it('that are released cause no delay', async () => {
    const secret = claim({ free: 1 });
    await attempts.reserve([secret], 0);
    await attempts.release([secret]);

    expect(await failures(secret)).toBe(0);
    expect(await attempts.reserve([secret], 0)).toMatchObject({ reserved: true });
  });

  it('do not deadlock if another transaction inserts a row while they wait for a row of both', async () => {
    const [secret, place] = [claim({ subject: Buffer.alloc(16, 0) }), network({ subject: Buffer.alloc(16, 1) })];
    await attempts.reserve([place], 0);
    const busy = source.createQueryRunner();
    await busy.startTransaction();
    await busy.query('SELECT FROM flow.attempts WHERE subject = $1 FOR UPDATE', [place.subject]);
    const first = attempts.reserve([secret, place], 0);
    await waitForBlockedStatements(source, 1);
    await attempts.reserve([secret], 0);
    const second = attempts.reserve([secret, place], 0);
    await waitForBlockedStatements(source, 2);
    const before = await deadlocks();
    await busy.commitTransaction();
    await busy.release();

    expect(await Promise.all([first, second])).toMatchObject([{ reserved: true }, { reserved: true }]);
    expect([await failures(secret), await failures(place)]).toEqual([3, 3]);
    expect(await deadlocks()).toBe(before);
  });

  it('do not deadlock when they are reserved and released concurrently in any order', async () => {
    const claims = Array.from({ length: 4 }, () => claim({ free: 10_000, hard: undefined }));
    const reversed = [...claims].reverse();
    await Promise.all(
      Array.from({ length: 60 }, (_, i) =>
        i % 2 ? attempts.reserve(i % 4 === 1 ? claims : reversed, 0) : attempts.release(i % 4 ? claims : reversed),
      ),
    );

    expect(await deadlocks()).toBe(0);
  });
});

async function deadlocks(): Promise<number> {
  const [row] = await source.query<{ deadlocks: string }[]>(
    'SELECT pg_stat_get_db_deadlocks(oid) AS deadlocks FROM pg_database WHERE datname = current_database()',
  );
  return Number(row?.deadlocks);
}
