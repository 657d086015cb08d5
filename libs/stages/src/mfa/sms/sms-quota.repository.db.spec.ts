import { randomBytes } from 'node:crypto';
import { createDeviceDatabase, type DeviceDatabase } from '@gatehouse/authenticators/testing';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { TypeormSends } from './sms-quota.repository.js';

let database: DeviceDatabase;
let sends: TypeormSends;
beforeAll(async () => {
  database = await createDeviceDatabase();
  sends = new TypeormSends(database.source);
});
beforeEach(() => database.source.query('TRUNCATE mfa.sends'));
afterAll(() => database?.close());

const counted = (fields: object = {}) => ({ subject: randomBytes(32), most: 3, apartS: 0, ...fields });

/** How many of many that are asked for at once are taken, when nobody waits for a connection first. */
async function takenOfMany(one: ReturnType<typeof counted>) {
  await Promise.all(Array.from({ length: 20 }, () => sends.take([counted()])));
  const taken = await Promise.all(Array.from({ length: 20 }, () => sends.take([one])));
  return taken.filter(Boolean).length;
}

it('takes as many messages an hour as there may be, however many are asked for at once', async () => {
  expect(await takenOfMany(counted())).toBe(3);
});

it('takes one of many at once where time must lie between two', async () => {
  expect(await takenOfMany(counted({ apartS: 30 }))).toBe(1);
});

it('takes none that is too soon after the last one', async () => {
  const one = counted({ apartS: 30 });
  expect([await sends.take([one]), await sends.take([one])]).toEqual([true, false]);
});

it('takes none that is one too many for any that it is counted for, and counts it for none of them', async () => {
  const [number, user] = [counted({ most: 1 }), counted({ most: 2 })];
  expect(await sends.take([number, user])).toBe(true);
  expect(await sends.take([number, user])).toBe(false);
  expect([await sends.take([user]), await sends.take([user])]).toEqual([true, false]);
});

it('knows for whom one was counted', async () => {
  const [one, other] = [counted(), counted()];
  await sends.take([one]);
  expect([await sends.has(one.subject), await sends.has(other.subject)]).toEqual([true, false]);
});

it('begins to count anew after an hour, and forgets what is older', async () => {
  const [one, other] = [counted({ most: 1 }), counted()];
  await sends.take([one]);
  await database.source.query(
    `UPDATE mfa.sends SET since = now() - interval '3 hours', sent_at = now() - interval '3 hours'`,
  );
  expect(await sends.take([one])).toBe(true);
  await sends.take([other]);
  expect(await database.source.query('SELECT count(*)::int AS rows FROM mfa.sends')).toEqual([{ rows: 2 }]);
});

it('takes the messages of many behind one address at the same moment', async () => {
  const address = counted({ most: 100 });
  const taken = await Promise.all(Array.from({ length: 20 }, () => sends.take([counted({ apartS: 30 }), address])));
  expect(taken.filter(Boolean)).toHaveLength(20);
});
