import { randomBytes } from 'node:crypto';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { MessageQuotaRepository, type QuotaSubject } from './message-quota.repository.js';

let database: DeviceDatabase;
let quota: MessageQuotaRepository;
beforeAll(async () => {
  database = await createDeviceDatabase();
  quota = new MessageQuotaRepository(database.source);
});
beforeEach(() => database.source.query('TRUNCATE mfa.sends'));
afterAll(() => database?.close());

const newSubject = (fields: Partial<QuotaSubject> = {}): QuotaSubject => ({
  ...{ subject: randomBytes(32), maxPerHour: 3, minIntervalS: 0 },
  ...fields,
});

/** Returns how many of 20 concurrent requests succeed. First opens all connections, so that the requests overlap. */
async function countConcurrent(subject: QuotaSubject) {
  await Promise.all(Array.from({ length: 20 }, () => quota.consume([newSubject()])));
  const results = await Promise.all(Array.from({ length: 20 }, () => quota.consume([subject])));
  return results.filter(Boolean).length;
}

it('the message quota allows no more messages than the hourly limit if requests are concurrent', async () => {
  expect(await countConcurrent(newSubject())).toBe(3);
});

it('the message quota allows one of many concurrent messages if there is a minimum interval', async () => {
  expect(await countConcurrent(newSubject({ minIntervalS: 30 }))).toBe(1);
});

it('the message quota refuses a message within the minimum interval', async () => {
  const subject = newSubject({ minIntervalS: 30 });
  expect([await quota.consume([subject]), await quota.consume([subject])]).toEqual([true, false]);
});

it('the message quota counts a message for none of its subjects if one of them has reached its limit', async () => {
  const [number, user] = [newSubject({ maxPerHour: 1 }), newSubject({ maxPerHour: 2 })];
  expect(await quota.consume([number, user])).toBe(true);
  expect(await quota.consume([number, user])).toBe(false);
  expect([await quota.consume([user]), await quota.consume([user])]).toEqual([true, false]);
});

it('hasRecent returns whether a message was counted for a subject', async () => {
  const [counted, other] = [newSubject(), newSubject()];
  await quota.consume([counted]);
  expect([await quota.hasRecent(counted.subject), await quota.hasRecent(other.subject)]).toEqual([true, false]);
});

it('the message quota resets a count after an hour, and deletes old rows', async () => {
  const [limited, other] = [newSubject({ maxPerHour: 1 }), newSubject()];
  await quota.consume([limited]);
  await database.source.query(
    `UPDATE mfa.sends SET since = now() - interval '3 hours', sent_at = now() - interval '3 hours'`,
  );
  expect(await quota.consume([limited])).toBe(true);
  await quota.consume([other]);
  expect(await database.source.query('SELECT count(*)::int AS rows FROM mfa.sends')).toEqual([{ rows: 2 }]);
});

it('the message quota allows concurrent messages of different users who share one address', async () => {
  const address = newSubject({ maxPerHour: 100 });
  const results = await Promise.all(
    Array.from({ length: 20 }, () => quota.consume([newSubject({ minIntervalS: 30 }), address])),
  );
  expect(results.filter(Boolean)).toHaveLength(20);
});
