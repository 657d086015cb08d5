import { type ClaimedCode, userCode } from '@gatehouse/contracts';
import { ReservationFactory } from '@gatehouse/executor';
import { ALICE, InMemoryAttemptStore } from '@gatehouse/executor/testing';
import { expect, it } from 'vitest';
import type { DeviceGrantClient } from './device-grant.client.js';
import { UserCodeVerifier } from './user-code.verifier.js';

const RIGHT = userCode.parse('123456789');
const reservations = new ReservationFactory(Buffer.alloc(32), { free: 100, forgetAfterS: 900 });

function guess(claim: (code: string) => Promise<ClaimedCode | undefined>) {
  const attempts = new InMemoryAttemptStore();
  const grants = { claim } as Pick<DeviceGrantClient, 'claim'> as DeviceGrantClient;
  const verifier = new UserCodeVerifier(attempts, reservations, grants);
  return { attempts, of: (code: string) => verifier.claim(code, ALICE, '203.0.113.7') };
}
const returnedBy = ({ returned }: InMemoryAttemptStore) =>
  returned.map(({ credential, takenAt }) => `${credential} taken ${takenAt}`);
const GIVEN_BACK = ['device_code taken now', 'network taken now'];

it('a code by a link is counted like one that is typed; a right one is given back with its delay', async () => {
  const claimed = { id: ALICE.uuid } as ClaimedCode;
  const { attempts, of } = guess(async (code) => (code === RIGHT ? claimed : undefined));
  expect(await of('987654321')).toBeUndefined();
  expect([attempts.taken.length, returnedBy(attempts)]).toEqual([2, []]);
  expect(await of(RIGHT)).toBe(claimed);
  expect([attempts.taken.length, returnedBy(attempts)]).toEqual([4, GIVEN_BACK]);
});

it('a code that nobody could look up is given back too', async () => {
  const { attempts, of } = guess(() => Promise.reject(new Error('away')));
  await expect(of(RIGHT)).rejects.toThrow('away');
  expect(returnedBy(attempts)).toEqual(GIVEN_BACK);
});
